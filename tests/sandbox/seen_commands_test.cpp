// tests/sandbox/seen_commands_test.cpp: Which rules a command may meet by what it is seen to start.
#include "sandbox/seen_commands.h"

#include <doctest.h>

using namespace heddle::sandbox;

namespace {

bool may_meet(const Texts& words, const std::vector<std::string>& argv) {
    return SeenCommands(argv).may_meet({words, {}, false, false});
}

bool in_line(const Texts& words, const std::string& line) {
    return may_meet(words, {"bash", "-c", line});
}

}  // namespace

TEST_CASE("seen_commands: a command is seen in a line of shell, wherever it stands there") {
    const Texts push = {"git", "push"};
    for (const char* line : {"git push", "cd x && git push -f", "A=1 git push >y", "echo $(git push)", "(git push)&",
                             "if true; then git push; fi", "'git' \"push\"", "/usr/bin/git push", "eval 'git push'",
                             "bash -c \"cd x; git push\"", "timeout 9 env A=1 git push", "find . -exec git push ;"}) {
        INFO(std::string(line));
        CHECK(in_line(push, line));
    }
    for (const char* line : {"git pull", "echo git push", "echo 'git push'", "# git push", "/tmp/git push", "gitpush",
                             "cat <<'E'\ngit push\nE", "ls *.git push"}) {
        INFO(std::string(line));
        CHECK(!in_line(push, line));
    }
    CHECK(may_meet(push, {"git", "push"}));
    CHECK(!may_meet(push, {"git", "pull"}));
}

TEST_CASE("seen_commands: what is not known before it runs may be anything") {
    for (const char* line : {"$x push", "git $x", "git \"$x\"", "`x` y", "eval $x", "bash -c \"$x\"", "f() { x; }"}) {
        INFO(std::string(line));
        CHECK(in_line({"git", "push"}, line));
    }
    for (const char* line : {"ls $x", "for f in *; do cat \"$f\"; done", "bash run.sh $x", "find . -name \"$x\""}) {
        INFO(std::string(line));
        CHECK(!in_line({"git", "push"}, line));
    }
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
