// tests/runtime/interactive_test.cpp: A conversation without a terminal: a message a line, all in one session.
#include <doctest.h>

#include "runtime/cli/commands.h"
#include "runtime/store/history.h"
#include "tests/support/heddle_program.h"

using namespace heddle;
using test::HeddleProgram;

TEST_CASE("interactive: each line is a turn of one session, a backslash joins lines, and reuse goes on between turns") {
    HeddleProgram heddle;
    const std::vector<std::string> words{"--model", heddle.model(), "--cd", heddle.workspace(), "--tokens", "5"};
    const int code = heddle.run(words, "one\n\ntwo\\\nmore\nthree\n");
    if (code == exit_environment) {
        MESSAGE("not tried: heddle cannot run here: ", heddle.err());
        return;
    }
    const auto history = read_session(heddle.store(), find_session(heddle.store(), "").id);
    std::vector<std::string> prompts;
    std::vector<std::int64_t> reused;
    for (const auto& event : history.events) {
        if (event.kind == "turn_started") prompts.push_back(event.body["prompt"]);
        if (event.kind == "step_started") reused.push_back(event.body["reused"]);
    }
    CHECK(prompts == std::vector<std::string>{"one", "two\nmore", "three"});
    REQUIRE(reused.size() >= 3);
    CHECK(reused[0] == 0);
    for (std::size_t i = 1; i < reused.size(); ++i) CHECK(reused[i] > 1000);  // the system message at least
    CHECK(heddle.err().find("heddle log show ") != std::string::npos);
}

TEST_CASE("interactive: options of a headless run are refused") {
    HeddleProgram heddle;
    CHECK(heddle.run({"--json", "--model", heddle.model()}, "hi\n") == exit_usage);
}
