// tests/tools/call_rule_test.cpp: What a user writes about calls, and which calls that is about.
#include "tools/call_rule.h"

#include <doctest.h>

#include <initializer_list>
#include <stdexcept>

using namespace heddle::tools;

namespace {

bool covers(const char* rule, const char* line) {
    return CallRule(rule).covers({"bash", {line}});
}

bool may_meet(const char* rule, const char* line) {
    return CallRule(rule).may_meet({"bash", {line}});
}

CallSubject named(std::initializer_list<std::string> names) {
    return {{}, names};
}

}  // namespace

TEST_CASE("call_rule: a tool's name alone is about each of its calls") {
    const CallRule rule("bash");
    CHECK(rule.covers({"bash", {"rm -rf x; ls"}}));
    CHECK(rule.may_meet({"bash", {"ls"}}));
    CHECK(!rule.covers({"python", {}}));
    CHECK(!rule.may_meet({"read_file", named({"a"})}));
}

TEST_CASE("call_rule: words cover a shell's line that is one such command and nothing else") {
    CHECK(covers("bash(git *)", "git log -p"));
    CHECK(covers("bash(git *)", "git"));
    CHECK(covers("bash(git log)", "git log"));
    CHECK(covers("bash(git * -p)", "git log -p"));
    CHECK(covers("bash(*)", "ls -l"));
    for (const char* line : {"git log; rm x", "git log | sh", "git log > f", "git $x", "git log $(rm x)", "A=1 git log",
                             "git log &", "git log\nrm x", "/tmp/git log", "gitk"}) {
        CAPTURE(line);
        CHECK(!covers("bash(git *)", line));
    }
    CHECK(!covers("bash(git log)", "git log -p"));
    CHECK(!covers("bash(git push *)", "git log"));
    CHECK(!covers("bash(*)", "ls; ls"));
}

TEST_CASE("call_rule: words may meet each command that a shell's line is seen to start, whatever follows") {
    for (const char* line : {"git push", "git push -f origin", "cd x && git push", "echo $(git push)", "$x push",
                             "env A=1 git push", "sh -c 'git push'", "git -C x push"}) {
        CAPTURE(line);
        CHECK(may_meet("bash(git push *)", line));
        CHECK(may_meet("bash(git push)", line));
    }
    CHECK(!may_meet("bash(git push *)", "git pull; echo git push"));
}

TEST_CASE("call_rule: a glob is held against all names of a call to cover it, against any to meet it") {
    const CallRule rule("apply_patch(src/*)");
    CHECK(rule.covers({"apply_patch", named({"src/a", "src/b/c"})}));
    CHECK(!rule.covers({"apply_patch", named({"src/a", "test/b"})}));
    CHECK(rule.may_meet({"apply_patch", named({"test/b", "src/a"})}));
    CHECK(!rule.may_meet({"apply_patch", named({"test/b"})}));
}

TEST_CASE("call_rule: a call that says nothing about itself is not covered by a pattern, and may meet it") {
    const CallRule rule("python(x*)");
    CHECK(!rule.covers({"python", {}}));
    CHECK(rule.may_meet({"python", {}}));
}

TEST_CASE("call_rule: rules stand between commas outside brackets") {
    const auto rules = call_rules_of("bash(git *, now), python ,open(https://a/*)");
    REQUIRE(rules.size() == 3);
    CHECK(rules[0].text() == "bash(git *, now)");
    CHECK(rules[1].text() == "python");
    CHECK(rules[2].tool() == "open");
}

TEST_CASE("call_rule: what is no rule is refused with how to write one") {
    for (const char* text : {"", "(git)", "bash(git", "bash()", "bash( )", "ba sh", "bash(x)y", "b\x1b[2J"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(CallRule{text}, std::invalid_argument);
    }
    CHECK_THROWS_WITH(CallRule("bash(git"),
                      "\"bash(git\" is no rule of calls: its bracket does not end; write TOOL or "
                      "TOOL(PATTERN), as bash(git push *) or edit_file(src/*)");
    CHECK_THROWS_AS(call_rules_of("bash,,python"), std::invalid_argument);
}

TEST_CASE("call_rule: the rule for all calls like one is about its program, and none for a line of several") {
    CHECK(rule_like({"bash", {"git push origin"}})->text() == "bash(git *)");
    CHECK(rule_like({"edit_file", named({"a"})})->text() == "edit_file");
    CHECK(!rule_like({"bash", {"git push; ls"}}));
    CHECK(!rule_like({"bash", {"'a b' c"}}));
    CHECK(!rule_like({"bash", {"$x"}}));
}
