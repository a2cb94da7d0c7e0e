// tests/sandbox/shell_scripts_test.cpp: Scripts made at random, and what shells run of them.
#include <doctest.h>

#include <array>
#include <random>

#include "sandbox/seen_commands.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::sandbox;

namespace {

constexpr std::array seeds = {"if :; then m; fi",
                              "for x in a; do m; done",
                              "case x in a) :;; x) m;; esac",
                              ": `m`; m",
                              ": \"$(m)\"",
                              "{ m; }",
                              "cat <<E\nx\nE\nm",
                              "cat <<'E'\nx\nE\nm",
                              "x=(a b); m",
                              "a[x]=1; m",
                              ": ${x:-$(m)}",
                              "(( 1 )); m",
                              "[[ a =~ (b) ]] || m",
                              "m 2>f",
                              "{x}>f m",
                              ": # a\nm",
                              "set -- a; for x do m; done",
                              ": \"a\" 'b' \\c; m",
                              ": $'a\\'b'; m",
                              ": $(cat <<E\nx\nE\n)\nm",
                              ": ${x#a} ${x%\\}}; m",
                              "eval 'a; m'",
                              "bash -c m"};
constexpr std::array parts = {"m",  ":",  "a",  " ",  "\n", ";",  "&",  "|",  "(",    ")",   "((", "))",
                              "$(", "${", "}",  "`",  "'",  "\"", "\\", "<<", "\\\n", "<<-", "E",  "\nE\n",
                              " #", "$",  "[",  "]",  "$[", "=",  "x=", "a[", "esac", ";;",  "{ ", "! ",
                              "2>", "<(", "&>", "$'", "1",  "[[", "!(", ">",  "${x+", "*",   "in", " do "};

template <typename List>
std::string any_of(const List& list, std::mt19937& random) {
    return list[random() % list.size()];
}

std::string make_script(std::mt19937& random) {
    std::string script = any_of(seeds, random);
    if (random() % 4 == 0) script += (random() % 2 == 0 ? "\n" : ";") + any_of(seeds, random);
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % (script.size() + 1);
        if (random() % 3 != 0)
            script.insert(at, any_of(parts, random));
        else
            script.erase(at, 1 + random() % 3);
    }
    return script;
}

}  // namespace

TEST_CASE("shell_scripts: what a shell runs of a script that was cut and mixed at random has been seen in it") {
    if (heddle::test::no_sandbox_here()) return;
    std::mt19937 random(1);
    heddle::sandbox::Command command = heddle::test::bash(
        "mkdir ~/w ~/bin; printf '#!/bin/sh\\n: >~/ran\\n' >~/bin/m; chmod +x ~/bin/m; PATH=~/bin:$PATH; cd ~/w\n"
        "while IFS= read -r -d '' script; do for shell in bash sh; do\n"
        "  timeout 1 $shell -c \"$script\" </dev/null >/dev/null 2>&1\n"
        "  [ -e ~/ran ] && rm ~/ran && printf '%s: %q\\n' $shell \"$script\"\n"
        "done; done\necho end");
    for (int unseen = 0; unseen < 800;) {
        const std::string script = make_script(random);
        if (SeenCommands({"bash", "-c", script}).may_meet({{"m"}, {}, false, false})) continue;
        command.input += script + '\0';
        ++unseen;
    }
    heddle::test::Workspace workspace;
    const Result result = heddle::test::shared_sandbox().run(command, workspace.policy);
    CHECK(result.out.text() == "end\n");
    // And where it is not hidden, it is run.
    command.input = std::string(": $(m)") + '\0';
    CHECK(heddle::test::shared_sandbox().run(command, workspace.policy).out.text() ==
          "bash: :\\ \\$\\(m\\)\nsh: :\\ \\$\\(m\\)\nend\n");
}
