// tests/tools/approvals_test.cpp: Which calls run, which wait for the user, and what is remembered.
#include "tools/approvals.h"

#include <doctest.h>

using namespace heddle::tools;
using heddle::prompts::Json;
using heddle::prompts::ToolCall;

namespace {

CallRules rules(const char* deny, const char* ask, const char* allow, bool asks_otherwise = false) {
    const auto some = [](const char* list) { return *list ? call_rules_of(list) : std::vector<CallRule>{}; };
    return {some(deny), some(ask), some(allow), asks_otherwise};
}

// A user who says the same to all questions.
struct Desk {
    Desk(CallRules rules, Answer answer)
        : approvals(std::move(rules), [this, answer](const std::string& question, const std::stop_token&) {
              questions.push_back(question);
              return answer;
          }) {}

    Approval bash(const std::string& line) {
        return approvals.decide({"", "bash", {{"command", line}}}, {line}, false, {});
    }
    Approval edit(const std::string& path) {
        return approvals.decide({"", "edit_file", {{"path", path}, {"old", "x"}}}, {{}, {path}}, false, {});
    }

    std::vector<std::string> questions;
    Approvals approvals;
};

}  // namespace

TEST_CASE("approvals: without rules all runs, and there is nothing to record") {
    Approvals approvals;
    const auto approval = approvals.decide({"", "bash", {{"command", "rm -rf x"}}}, {"rm -rf x"}, false, {});
    CHECK(approval.refusal.empty());
    CHECK(approval.details.is_null());
}

TEST_CASE("approvals: what a rule denies does not run, though another allows it or the user would") {
    Desk desk(rules("bash(git push *)", "bash", "bash(git *)"), Answer::always);
    const auto approval = desk.bash("cd x && git push -f");
    CHECK(approval.refusal ==
          "[error: not run: the user's rule denies \"bash(git push *)\"; do it another way, or leave it to the user]");
    CHECK(approval.details.dump() == R"x({"rule":"deny bash(git push *)"})x");
    CHECK(desk.questions.empty());
}

TEST_CASE("approvals: a call is asked about in one line, and once is for that call alone") {
    Desk desk(rules("", "bash(git push *)", ""), Answer::once);
    const auto approval = desk.bash("git push\x1b[2J\nx");
    CHECK(approval.refusal.empty());
    CHECK(approval.details.dump() == R"x({"rule":"ask bash(git push *)","answer":"once"})x");
    REQUIRE(desk.questions.size() == 1);
    CHECK(desk.questions[0].find_first_of("\n\x1b") == std::string::npos);
    CHECK(desk.questions[0].find("always this very call in this conversation") != std::string::npos);
    desk.bash("git push\x1b[2J\nx");
    CHECK(desk.questions.size() == 2);
    CHECK(desk.bash("git pull").details.is_null());
    CHECK(desk.questions.size() == 2);
}

TEST_CASE("approvals: always is for all calls that the asking rule is about, and for no line that holds more") {
    Desk desk(rules("", "bash(git push *)", ""), Answer::always);
    CHECK(desk.bash("git push origin").refusal.empty());
    CHECK(desk.questions[0].find("always \"bash(git push *)\" in this conversation") != std::string::npos);
    CHECK(desk.bash("git push other").details.dump() == R"x({"granted":"bash(git push *)"})x");
    CHECK(desk.questions.size() == 1);
    desk.bash("git push; rm x");
    CHECK(desk.questions.size() == 2);
    CHECK(desk.bash("git push; rm x").details.dump() == R"x({"granted":"this call"})x");
    CHECK(desk.questions.size() == 2);
}

TEST_CASE("approvals: a rule that asks about a whole tool is answered by program") {
    Desk desk(rules("", "bash,edit_file", ""), Answer::always);
    desk.bash("make test");
    desk.bash("make");
    CHECK(desk.questions.size() == 1);
    desk.bash("rm x");
    CHECK(desk.questions.size() == 2);
    desk.edit("a");
    desk.edit("b");
    REQUIRE(desk.questions.size() == 3);
    CHECK(desk.questions[2] ==
          "allow edit_file: path=a old=x? (\"ask edit_file\") [y/N, a: always edit_file in this conversation]");
}

TEST_CASE("approvals: where the rest is asked about, allowed calls and those that change nothing are not") {
    Desk desk(rules("", "", "bash(git *)", true), Answer::no);
    CHECK(desk.bash("git log").details.dump() == R"x({"rule":"allow bash(git *)"})x");
    CHECK(desk.approvals.decide({"", "read_file", {{"path", "a"}}}, {{}, {"a"}}, true, {}).refusal.empty());
    CHECK(desk.questions.empty());
    const auto approval = desk.bash("git log | sh");
    CHECK(approval.refusal ==
          "[error: not run: the user has to approve such a call, and the user did not; do it another way, or leave it "
          "to the user]");
    CHECK(approval.details.dump() == R"x({"rule":"no rule allows it","answer":"no"})x");
}

TEST_CASE("approvals: where nobody can be asked, nothing that waits runs") {
    Approvals approvals(rules("", "bash", ""), {});
    const auto approval = approvals.decide({"", "bash", {{"command", "ls"}}}, {"ls"}, false, {});
    CHECK(approval.refusal.find("nobody can be asked here") != std::string::npos);
    CHECK(approval.details.at("answer").is_null());
}

TEST_CASE("approvals: nobody is asked about what he could not read, nor heard after a stop") {
    Desk desk(rules("", "bash", ""), Answer::once);
    CHECK(desk.bash(std::string(3000, 'x')).refusal.find("too long") != std::string::npos);
    CHECK(desk.questions.empty());
    std::stop_source stop;
    stop.request_stop();
    const ToolCall call{"", "bash", {{"command", "ls"}}};
    CHECK(desk.approvals.decide(call, {"ls"}, false, stop.get_token()).refusal == "[cancelled before it was run]");
}
