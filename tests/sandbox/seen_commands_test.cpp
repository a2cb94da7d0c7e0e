// tests/sandbox/seen_commands_test.cpp: Which rules a command may meet by what it is seen to start.
#include "sandbox/seen_commands.h"

#include <doctest.h>

#include <initializer_list>
#include <string>

using namespace heddle::sandbox;

namespace {

bool may_meet(const Texts& words, const std::vector<std::string>& argv) {
    return SeenCommands(argv).may_meet({words, {}, false, false});
}

bool in_line(const Texts& words, const std::string& line) {
    return may_meet(words, {"bash", "-c", line});
}

// Of rules on "git push".
void all_are_seen(std::initializer_list<const char*> lines, bool seen = true) {
    for (const char* line : lines) {
        INFO(std::string(line));
        CHECK(in_line({"git", "push"}, line) == seen);
    }
}

void none_is_seen(std::initializer_list<const char*> lines) {
    all_are_seen(lines, false);
}

}  // namespace

TEST_CASE("seen_commands: a command is seen in a line of shell, wherever it stands there") {
    const Texts push = {"git", "push"};
    all_are_seen({"git push", "cd x && git push -f", "A=1 git push >y", "echo $(git push)", "(git push)&",
                  "if true; then git push; fi", "'git' \"push\"", "/usr/bin/git push", "eval 'git push'",
                  "bash -c \"cd x; git push\"", "timeout 9 env A=1 git push", "find . -exec git push ;"});
    none_is_seen({"git pull", "echo git push", "echo 'git push'", "# git push", "/tmp/git push", "gitpush",
                  "cat <<'E'\ngit push\nE", "ls *.git push"});
    CHECK(may_meet(push, {"git", "push"}));
    CHECK(!may_meet(push, {"git", "pull"}));
}

TEST_CASE("seen_commands: what is not known before it runs may be anything") {
    all_are_seen({"$x push", "git $x", "git \"$x\"", "`x` y", "eval $x", "bash -c \"$x\"", "f() { x; }"});
    none_is_seen({"ls $x", "for f in *; do cat \"$f\"; done", "bash run.sh $x", "find . -name \"$x\""});
}

TEST_CASE("seen_commands: no way to write a line hides a command that bash or sh runs") {
    all_are_seen({"g\\\nit push",
                  "i\\\nf git push; then :; fi",
                  "a\\\n=1 git push",
                  "a[b[0]]=1 git push",
                  "{x}>f git push",
                  "2\\\n>f git push",
                  "set -- a; for x do git push; done",
                  "select x do git push; done",
                  "(( x = 1<<2 ))\ngit push\n2",
                  ": $[1<<2]\ngit push\n2]",
                  "a[1<<2]=3\ngit push\n2]=3",
                  "declare -A a\na[x #]=1; git push",
                  "declare -A a\na=([ #]=1\n); git push\n)",
                  "(( 1 # )); git push\n: ))",
                  ": $(( 1 <<\"2\"\n+$(git push)0+\n2\n))",
                  "shopt -s extglob\ncase y in a) ;; !( #)) git push;; esac; ( :\n)",
                  ": <<E\\\nF\n$(git push)\nEF\n",
                  ": <<\\\n-E\nE\ngit push\n-E\n",
                  "cat <<E'\n'\nE\n\ngit push",
                  ": $(cat <<E\nE)\ngit push\nE\n)",
                  ": \"$\\\n(git push)\"",
                  ": \"`: \\\" #\\\"; git push`\"",
                  ": ${x:-<(git push)}",
                  ": ${ git push; }",
                  ": $'\\'; git push #'",
                  "e &>f git push",
                  "x=(a b)1 git push",
                  "eva<()l 'git push'",
                  "x='a[$(git push)]'; : $((x))",
                  "printf -v 'a[$(git push)]' x"});
    none_is_seen({"a=(b c); d", "((x < 1)) && y", "(cd x\n# why\ny)", "cat <<E; b\nx\nE", "a &>f; b 2>&1",
                  "[ -f x ] && y", "for x in do; do y; done", "x=\"$(y)\" z"});
}

TEST_CASE("seen_commands: what wrappers, builtins and shells are to run is seen") {
    all_are_seen({"env bash -c \"$x\"",
                  "bash -c -e \"$x\"",
                  "bash -o pipefail -c 'git push'",
                  "sudo -E $x",
                  "env A=1 $x",
                  "timeout 5 $x",
                  "exec \"$@\"",
                  "find . -exec $x ;",
                  "find /usr/bin/git -exec {} push ;",
                  "echo push | xargs git",
                  "xargs -I% git % <f",
                  "echo x | parallel",
                  "echo x | env parallel",
                  "echo push | env xargs git",
                  "sudo xargs -I% git % <f",
                  "echo git push | sh",
                  "sudo bash <f",
                  "bash - <<<x",
                  "trap 'git push' EXIT",
                  "alias x='git push'",
                  "hash -p /usr/bin/git x; x push",
                  "zsh -c 'x (a) git push'",
                  "mapfile -C 'git push #' -c 1",
                  "/lib64/ld-linux-x86-64.so.2 /usr/bin/git push",
                  "git -C x push",
                  "git --no-pager -c a=b push -f",
                  "/usr//bin/git push",
                  "/usr/lib/../bin/git push",
                  "cd /; usr/bin/git push",
                  "../../bin/git push"});
    none_is_seen({"git commit -m push", "xargs -0 grep x", "wc -l | xargs", "timeout 5 curl \"$x\"", "command -v bash",
                  "find . -name bash", "find . -name xargs", "sudo find . -name x", "env xargs grep x",
                  "bash --version", "bash \"$f\"", "bash -c 'a \"$1\"' _ \"$f\"",
                  "find . -name '*.c' -exec grep x {} +", "sh run.sh <f", "time make $x", "./git push",
                  "x/bin/git push", "mapfile -t a <f"});
    CHECK(!may_meet({"git", "push"}, {"bash"}));  // for a user to type into
}

TEST_CASE("seen_commands: a line full of wrappers and options is decided, too") {
    std::string gits = "env", shells = "env";
    for (int i = 0; i < 16'000; ++i) {
        gits += " git -a";
        shells += " bash -o";
    }
    none_is_seen({gits.c_str()});
    gits += " push";
    all_are_seen({gits.c_str(), shells.c_str()});
}

TEST_CASE("seen_commands: the shell itself and any program are met as in a command that is executed") {
    CHECK(in_line({"bash"}, "ls"));
    CHECK(in_line({"*"}, ""));
    CHECK(in_line({"*", "push"}, "hg push"));
    CHECK(!SeenCommands().may_meet({{"*"}, {}, false, false}));
}

TEST_CASE("seen_commands: lines within lines are read to a depth, and then may be anything") {
    CHECK(!in_line({"rm"}, "sh -c 'sh -c ls'"));
    CHECK(in_line({"rm"}, "sh -c 'sh -c rm'"));
    std::string quoted = "ls;";
    for (int depth = 0; depth < 8; ++depth) {
        std::string next = "sh -c '";
        for (const char c : quoted) next += c == '\'' ? std::string("'\\''") : std::string(1, c);
        quoted = next + "';";
    }
    CHECK(in_line({"rm"}, quoted));
}

TEST_CASE("seen_commands: the sole command of a shell's line is told, with its words as they will be") {
    CHECK(sole_command({"bash", "-c", "git 'push it'"}) == std::vector<std::string>{"git", "push it"});
    for (const auto& argv : std::vector<std::vector<std::string>>{{"bash", "-c", "git push; ls"},
                                                                  {"bash", "-c", "git $x"},
                                                                  {"bash", "-lc", "git push"},
                                                                  {"git", "push"},
                                                                  {"bash", "-c", "git push", "x"},
                                                                  {"bash", "-c", ""}})
        CHECK(!sole_command(argv));
}
