// tests/runtime/exec_test.cpp: The program itself: exit codes, streams, interrupts, and what a kill leaves behind.
#include <doctest.h>

#include <sstream>

#include "prompts/message.h"
#include "runtime/cli/commands.h"
#include "runtime/store/history.h"
#include "sandbox/sandbox.h"
#include "tests/support/heddle_program.h"
#include "tests/support/lines.h"

using namespace heddle;
using prompts::Json;
using test::HeddleProgram;
using test::lines_of;

namespace {

// Where no sandbox can run, exec refuses, and says so; nothing here can then be tried.
bool sandbox_here() {
    static const bool here = [] {
        HeddleProgram heddle;
        if (heddle.run(heddle.exec({"--tokens", "1", "hi"})) != exit_environment) return true;
        MESSAGE("not tried: exec cannot run here: ", heddle.err());
        return false;
    }();
    return here;
}

bool is_one_line(const std::string& text) {
    return text.starts_with("heddle: ") && text.find('\n') + 1 == text.size();
}

}  // namespace

TEST_CASE("exec: a limit ends it with exit code 4, one line says which, and standard output stays empty") {
    if (!sandbox_here()) return;
    HeddleProgram heddle;
    CHECK(heddle.run(heddle.exec({"--tokens", "4", "hello"})) == exit_limit);
    CHECK(heddle.out().empty());
    CHECK(heddle.err().find("heddle: stopped: the limit of 4 generated tokens") != std::string::npos);
    CHECK(heddle.err().find("tokens in view, 0 reused") != std::string::npos);
    CHECK(heddle.err().find("heddle log show ") != std::string::npos);
}

TEST_CASE("exec: --json writes one object a line and nothing else, from the thread's start to the turn's end") {
    if (!sandbox_here()) return;
    HeddleProgram heddle;
    CHECK(heddle.run(heddle.exec({"--json", "--tokens", "4", "hello"})) == exit_limit);
    const auto lines = lines_of(heddle.out());
    REQUIRE(lines.size() >= 4);
    CHECK(lines.front()["type"] == "thread.started");
    CHECK(lines[1]["type"] == "turn.started");
    CHECK(lines.back()["type"] == "turn.failed");
    CHECK(lines.back()["error"]["kind"] == "limit");
    for (const auto& line : lines) CHECK(line.contains("timestamp"));
    CHECK(read_session(heddle.store(), lines.front()["thread_id"].get<std::string>()).events.size() >= 4);
}

TEST_CASE("exec: what the environment lacks is one line and exit code 3; what the user got wrong is 2") {
    HeddleProgram heddle;
    CHECK(heddle.run({"exec", "--model", "/nowhere", "--cd", heddle.workspace(), "hi"}) == exit_environment);
    CHECK(is_one_line(heddle.err()));
    CHECK(heddle.run({"exec", "--model", heddle.model(), "--cd", "/nowhere", "hi"}) == exit_environment);
    CHECK(is_one_line(heddle.err()));
    CHECK(heddle.run(heddle.exec({"--steps", "many", "hi"})) == exit_usage);
    CHECK(heddle.run(heddle.exec({}), "\n\n") == exit_usage);  // an empty prompt
    CHECK(heddle.run({"--no-such-option"}) == exit_usage);
}

TEST_CASE("exec: the prompt is the argument, standard input, or both") {
    if (!sandbox_here()) return;
    HeddleProgram heddle;
    const auto prompt = [&] {
        const auto history = read_session(heddle.store(), find_session(heddle.store(), "").id);
        return history.events.at(1).body["prompt"].get<std::string>();
    };
    heddle.run(heddle.exec({"--tokens", "1", "one"}));
    CHECK(prompt() == "one");
    heddle.run(heddle.exec({"--tokens", "1"}), "two\nlines\n");
    CHECK(prompt() == "two\nlines");
    heddle.run(heddle.exec({"--tokens", "1", "-"}), "three\n");
    CHECK(prompt() == "three");
    heddle.run(heddle.exec({"--tokens", "1", "four"}), "data\n");
    CHECK(prompt() == "four\n\n<stdin>\ndata\n</stdin>");
    heddle.run({"-p", "five", "--model", heddle.model(), "--cd", heddle.workspace(), "--tokens", "1"}, "");
    CHECK(prompt() == "five");
    heddle.run(heddle.exec({"--tokens", "1"}), "bad \xff byte\x1b[2J");
    CHECK(prompt() == "bad \xef\xbf\xbd byte\x1b[2J");
    CHECK(heddle.err().find('\x1b') == std::string::npos);
}

TEST_CASE("exec: Ctrl-C ends it with exit code 130 and the partial reply is on record") {
    if (!sandbox_here()) return;
    HeddleProgram heddle(100'000);
    heddle.start(heddle.exec({"--temperature", "1", "--seed", "8", "hello"}));
    heddle.wait_for_progress();
    heddle.signal(SIGINT);
    const int code = heddle.wait();
    const auto history = read_session(heddle.store(), find_session(heddle.store(), "").id);
    if (code != exit_interrupted) {
        // The noise came to an end of its own just before.
        CHECK(history.events.back().kind != "step_started");
        return;
    }
    CHECK(history.events.back().kind == "turn_failed");
    CHECK(history.events.back().body["kind"] == "cancelled");
    CHECK(heddle.err().find("heddle: stopped: interrupted") != std::string::npos);
}
