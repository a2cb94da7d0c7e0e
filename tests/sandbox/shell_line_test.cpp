// tests/sandbox/shell_line_test.cpp: Which commands a line of shell writes out, and where that cannot be told.
#include "sandbox/shell_line.h"

#include <doctest.h>

#include <random>

#include "tests/support/sandbox_house.h"

using namespace heddle::sandbox;

namespace {

// A command a line, a space between words, ? for what is not known; "unclear" where some may be missing.
std::string read(std::string_view text) {
    const ShellLine line = read_shell_line(text);
    std::string all;
    for (const auto& command : line.commands) {
        for (std::size_t at = 0; at < command.size(); ++at) all += (at == 0 ? "" : " ") + command[at].value_or("?");
        all += '\n';
    }
    return all + (line.is_clear ? "" : "unclear\n");
}

bool is_plain(std::string_view text) {
    return read_shell_line(text).is_plain;
}

}  // namespace

TEST_CASE("shell_line: operators part commands, and branches and loops hold some") {
    CHECK(read("git push") == "git push\n");
    CHECK(read("a; b && c || d | e & f\ng") == "a\nb\nc\nd\ne\nf\ng\n");
    CHECK(read("(a; b) && { c; }") == "a\nb\nc\n");
    CHECK(read("if a; then b; elif c; then d; else e; fi") == "a\nb\nc\nd\ne\n");
    CHECK(read("for x in rm y; do ls $x; done") == "ls ?\n");
    CHECK(read("while ! a; do b; done") == "a\nb\n");
    CHECK(read("case $1 in rm) a;; *) b;; esac; c") == "a\nb\nc\n");
    CHECK(read("a \\\n  b") == "a b\n");
    CHECK(read("a # b; c\nd") == "a\nd\n");
    CHECK(read("a#b") == "a#b\n");
    CHECK(read("") == "");
}

TEST_CASE("shell_line: quotes make one word, and what the shell makes when it runs is not known") {
    CHECK(read("a 'b c' \"d \\\" e\" f\\ g ''") == "a b c d \" e f g \n");
    CHECK(read("'gi't \"pu\"sh") == "git push\n");
    CHECK(read("$a b\"$c\" *.d e? ~/f {g,h} $'i' ${j:-k} $((1+2))") == "1+2\n? ? ? ? ? ? ? ? ?\n");
    CHECK(read("find . -name {} [ -f x ]") == "find . -name {} [ -f x ]\n");
    CHECK(read("echo '$x' \"*\" \\*") == "echo $x * *\n");
}

TEST_CASE("shell_line: assignments and redirections are no words, and targets no commands") {
    CHECK(read("A=1 B=\"$x\" git push >out 2>&1 <in") == "git push\n");
    CHECK(read(">rm a; b >>rm; c &>rm; d 2>rm; e <<<rm") == "a\nb\nc\nd\ne\n");
    CHECK(read("A=rm") == "");
    CHECK(read("A=(rm x) b") == "rm x\nb\n");  // a list, and none of its words is run; more than there is
    CHECK(read("a 2 >b") == "a 2\n");
}

TEST_CASE("shell_line: substitutions hold commands, in any depth that is not absurd") {
    CHECK(read("a $(b; c) d") == "b\nc\na ? d\n");
    CHECK(read("a \"x $(b `c`) y\"") == "c\nb ?\na ?\n");
    CHECK(read("a <(b) >(c)") == "b\nc\na ? ?\n");
    CHECK(read("a ${x:-$(b)}") == "b\na ?\n");
    CHECK(read("`a \\`b\\``") == "b\na ?\n?\n");
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "$(";
    CHECK(!read_shell_line(deep).is_clear);
    deep.clear();
    for (int i = 0; i < 50'000; ++i) deep += "${x-";
    CHECK(!read_shell_line(deep).is_clear);
}

TEST_CASE("shell_line: here-documents are skipped as far as the shell does not look into them") {
    CHECK(read("cat >f <<'E'\nrm x\n$(rm)\nE\nls") == "cat\nls\n");
    CHECK(read("cat <<-E\n\trm x\n\tE\nls") == "cat\nls\n");
    CHECK(read("cat <<A; b <<B\nrm\nA\nrm\nB\nls") == "cat\nb\nls\n");
    CHECK(read("cat <<E\n$(rm)\nE") == "cat\nunclear\n");
    CHECK(read("cat <<E\nrm") == "cat\nunclear\n");
}

TEST_CASE("shell_line: what is not understood is said to be unclear, and read on") {
    for (const char* text : {"a 'b", "a \"b", "a `b", "a $(b", "a ${b", "f() { rm; }", "(a", "a)", "a >;b"}) {
        INFO(std::string(text));
        CHECK(!read_shell_line(text).is_clear);
    }
    CHECK(read("f() { rm x; }").find("rm x\n") != std::string::npos);
}

TEST_CASE("shell_line: plain is one command of known words, and nothing else") {
    for (const char* text : {"git push", "  git 'push it' \n", "\"a b\" c\\ d", "a --b=c {}"}) {
        INFO(std::string(text));
        CHECK(is_plain(text));
    }
    for (const char* text : {"a; b", "a &", "a >b", "A=1 a", "a $b", "a *", "a #b", "! a", "a\nb", "", "(a)",
                             "a b{c,d}", "~/a", "a | b", "a <<<b", "if a"}) {
        INFO(std::string(text));
        CHECK(!is_plain(text));
    }
}

TEST_CASE("shell_line: the words of plain lines are those that bash makes of them") {
    if (heddle::test::no_sandbox_here()) return;
    std::mt19937 random(4);
    std::vector<std::string> lines;
    std::string input;
    while (lines.size() < 400) {
        std::string line = "x";
        for (unsigned i = 0; i < 1 + random() % 12; ++i) line += "ab '\"\\ \n$;#{,}~=-"[random() % 18];
        if (!is_plain(line)) continue;
        lines.push_back(line);
        input += line + '\0';
    }
    heddle::sandbox::Command command = heddle::test::bash(
        "set -f; while IFS= read -r -d '' l; do eval \"set -- $l\" && printf '%s\\1' \"$@\"; printf '\\2'; done");
    command.input = input;
    const heddle::test::Workspace workspace;
    const Result result = heddle::test::shared_sandbox().run(command, workspace.policy);
    REQUIRE(heddle::test::exited(result));
    std::string expected;
    for (const auto& line : lines) {
        const ShellCommand words = read_shell_line(line).commands.at(0);
        for (const auto& word : words) expected += *word + '\1';
        expected += '\2';
    }
    CHECK(result.out.text() == expected);
    CHECK(result.err.text() == "");
}
