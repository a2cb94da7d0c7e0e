// tests/tools/guest_tool_test.cpp: What bash and python tell the model, for each way a guest can end.
#include "tools/guest_tool.h"

#include <doctest.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/support/tool_house.h"

using heddle::sandbox::Limits;
using heddle::sandbox::Outcome;
using heddle::sandbox::Result;
using heddle::test::not_here;
using heddle::test::ToolHouse;
using heddle::tools::text_of;

namespace {

std::string text(const std::string& printed, Outcome::Kind kind, int code = 0, const std::string& detail = "") {
    Result result;
    result.out.head = printed;
    result.out.total_bytes = printed.size();
    result.outcome = {kind, code, detail};
    return text_of(result, Limits{});
}

}  // namespace

TEST_CASE("guest_tool: how it ended is the last line, and a success says nothing") {
    using Kind = Outcome::Kind;
    const struct {
        std::string printed;
        Kind kind;
        int code;
        std::string text;
    } cases[] = {
        {"42\n", Kind::exited, 0, "42"},
        {"42", Kind::exited, 0, "42"},
        {"42\n\n", Kind::exited, 0, "42\n"},
        {"", Kind::exited, 0, "[no output]"},
        {"\n", Kind::exited, 0, "[no output]"},
        {" \n", Kind::exited, 0, " "},
        {"", Kind::exited, 2, "[exit status 2]"},
        {"no\n", Kind::exited, 2, "no\n[exit status 2]"},
        {"no", Kind::exited, 127, "no\n[exit status 127]"},
        {"a\n", Kind::signaled, 9, "a\n[killed by signal 9]"},
        {"a\n", Kind::timed_out, 0, "a\n[stopped after 120 s]"},
        {"", Kind::timed_out, 0, "[stopped after 120 s]"},
        {"a", Kind::cpu_exceeded, 0, "a\n[stopped: used more than 60 s of processor time]"},
        {"a", Kind::out_of_memory, 0, "a\n[stopped: out of memory]"},
        {"a", Kind::output_exceeded, 0, "a\n[stopped: printed too much; send it to a file]"},
        {"a", Kind::cancelled, 0, "a\n[cancelled]"},
        {"[exit status 0]", Kind::exited, 1, "[exit status 0]\n[exit status 1]"},
    };
    for (const auto& one : cases) CHECK(text(one.printed, one.kind, one.code) == one.text);
    CHECK(text("", Kind::setup_failed, 0, "no user\nnamespace\x1b") == "[could not start: no user\\nnamespace\\x1b]");
}

TEST_CASE("guest_tool: a limit that a failed command had met stands beside its status") {
    using heddle::sandbox::Limit;
    Result result;
    result.outcome = {Outcome::Kind::exited, 1, "512", Limit::tasks};
    CHECK(text_of(result, Limits{}) == "[exit status 1; it had met the limit of 512 processes and threads]");
    result.outcome = {Outcome::Kind::signaled, 25, "1024 MiB a file", Limit::disk};
    CHECK(text_of(result, Limits{}) == "[killed by signal 25; the disk was full: 1024 MiB a file]");
}

TEST_CASE("guest_tool: what the sandbox kept the guest from stands between its output and its end") {
    Result result;
    result.violations = {"blocked mount(2) by mount: the sandbox gives no mounts", "b"};
    const std::string lines = "[sandbox: blocked mount(2) by mount: the sandbox gives no mounts]\n[sandbox: b]";
    result.outcome = {Outcome::Kind::exited, 0, ""};
    CHECK(text_of(result, Limits{}) == lines);
    result.out.head = "out\n";
    result.out.total_bytes = 4;
    CHECK(text_of(result, Limits{}) == "out\n" + lines);
    result.outcome.code = 1;
    CHECK(text_of(result, Limits{}) == "out\n" + lines + "\n[exit status 1]");
}

TEST_CASE("guest_tool: a limit that is no whole second is shown as it is") {
    Limits limits;
    limits.wall = std::chrono::milliseconds(1500);
    Result result;
    result.outcome.kind = Outcome::Kind::timed_out;
    CHECK(text_of(result, limits) == "[stopped after 1.5 s]");
}

TEST_CASE("guest_tool: what the capture dropped counts as left out") {
    Result result;
    result.outcome = {Outcome::Kind::exited, 3, ""};
    result.out.head = std::string(100'000, 'a');
    result.out.tail = std::string(99'999, 'b') + "\n";
    result.out.total_bytes = 5'000'000;
    CHECK(text_of(result, Limits{}) == std::string(8000, 'a') + "\n[... 4984000 bytes left out ...]\n" +
                                           std::string(7999, 'b') + "\n[exit status 3]");
}

TEST_CASE("guest_tool: a character across the seam of the capture stays whole") {
    Result result;
    result.outcome = {Outcome::Kind::exited, 0, ""};
    result.out.head = "a\xc3";
    result.out.tail =
        "\xbc"
        "b";
    result.out.total_bytes = 4;
    CHECK(text_of(result, Limits{}) == "aüb");
}

TEST_CASE("bash: prints both streams in order and ends with the exit status") {
    if (not_here()) return;
    ToolHouse house;
    CHECK(house.bash("echo one; echo two >&2; echo three") == "one\ntwo\nthree");
    CHECK(house.bash("true") == "[no output]");
    CHECK(house.bash("echo half; (exit 7)") == "half\n[exit status 7]");
    const std::string ended = "[the shell has ended; the next call starts a new one, without what was set]";
    CHECK(house.bash("exit 0") == ended);
    CHECK(house.bash("echo half; exit 7") == "half\n" + ended + "\n[exit status 7]");
    CHECK(house.bash("kill -9 $$") == ended + "\n[killed by signal 9]");
    CHECK(house.bash("ls nowhere").ends_with("[exit status 2]"));
    CHECK(house.bash("printf '\\033[31mred\\r\\377'") == "\xef\xbf\xbd");
    CHECK(house.bash("[[ -n $BASH ]] && shopt -q login_shell || echo 'no login shell'") == "no login shell");
    CHECK(house.bash("cat") == "[no output]");  // standard input is empty, not somebody's terminal
}

TEST_CASE("bash: works in the workspace, where read_file and the next call see what it did") {
    if (not_here()) return;
    ToolHouse house;
    CHECK(house.bash("pwd") == house.root().string());
    CHECK(house.bash("printf 'a\\nb\\n' > made.txt") == "[no output]");
    CHECK(house.call("read_file", {{"path", "made.txt"}}).text == "1\ta\n2\tb\n[lines 1-2 of 2]");
    CHECK(house.bash("wc -l < made.txt") == "2");
}

TEST_CASE("bash: the command is one argument that no second shell reads") {
    if (not_here()) return;
    ToolHouse house;
    CHECK(house.bash("echo '$HOME' \"a  b\" 'it'\"'\"'s' \\; \\`id\\`") == "$HOME a  b it's ; `id`");
    CHECK(house.bash("-c") != "");
    CHECK(house.bash("") == "[no output]");
}

TEST_CASE("bash: a command that cannot be an argument is refused before anything starts") {
    ToolHouse house;
    const auto nul = house.call("bash", {{"command", std::string("echo a\0b", 8)}});
    CHECK(nul.text == R"([error: bash: argument "command" has a NUL byte; let printf '\0' make it])");
    CHECK(!nul.ok);
    const auto huge = house.call("bash", {{"command", std::string(1 << 20, 'x')}});
    CHECK(huge.text ==
          R"([error: bash: argument "command" has 1048576 bytes, at most 131071 can be given; use python])");
    CHECK(!huge.ok);
}

TEST_CASE("bash: the longest command that fits runs") {
    if (not_here()) return;
    ToolHouse house;
    CHECK(house.bash("echo it ran #" + std::string(131'071 - 13, 'x')) == "it ran");
}

TEST_CASE("python: runs a script of any length, with output and traceback in order") {
    if (not_here()) return;
    ToolHouse house;
    CHECK(house.python("print(6 * 7)") == "42");
    CHECK(house.python("x = 1") == "[no output]");
    CHECK(house.python("print('ü', '\\x1b')") == "ü ");
    CHECK(house.python("#" + std::string(1 << 20, 'x') + "\nprint('long')") == "long");
    CHECK(house.python("import os; print(os.getcwd())") == house.root().string());
    CHECK(house.python("import sys; sys.exit(5)") == "[exit status 5]");
    CHECK(house.python("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')") == "a\nb\nc");
    const std::string failed = house.python("print('first')\n1 / 0");
    CHECK(failed.rfind("first\nTraceback (most recent call last):\n", 0) == 0);
    CHECK(failed.ends_with("\nZeroDivisionError: division by zero\n[exit status 1]"));
}

TEST_CASE("guest_tool: a flood is clipped to its ends, and the record has its size") {
    if (not_here()) return;
    ToolHouse house;
    const auto result = house.call("bash", {{"command", "head -c 3000000 /dev/zero | tr '\\0' a; echo; echo end"}});
    // The last half has the newline after "end", which the result leaves off.
    const std::string expected = std::string(8000, 'a') + "\n[... 2984005 bytes left out ...]\n" +
                                 std::string(7995, 'a') + "\nend" + "\n[all 3000005 bytes are in ";
    CHECK((result.text.starts_with(expected)));  // in brackets, so that a failure does not print the flood
    CHECK(result.details.at("output_bytes") == 3'000'005);
    CHECK(result.details.at("end") == "exited");
    CHECK(result.details.at("exit_status") == 0);
}

TEST_CASE("guest_tool: each limit ends the guest with a line that names it") {
    if (not_here()) return;
    Limits limits;
    limits.wall = std::chrono::milliseconds(2500);
    const auto late = ToolHouse(limits).call("bash", {{"command", "echo begun; sleep 60"}});
    CHECK(late.text == "begun\n[stopped after 2.5 s]");
    CHECK(late.ok);
    CHECK(late.details.at("end") == "wall");

    limits = {};
    limits.cpu = std::chrono::seconds(1);
    const std::string ended = "[Python has ended; the next call starts a new one, without what was set]\n";
    CHECK(ToolHouse(limits).python("while True: pass") == ended + "[stopped: used more than 1 s of processor time]");

    limits = {};
    limits.memory_bytes = 256 << 20;
    CHECK(ToolHouse(limits).python("x = []\nwhile True: x.append(bytearray(b'x' * (1 << 20)))").find("emory") !=
          std::string::npos);
}

TEST_CASE("guest_tool: a stop ends a guest at once and says so") {
    if (not_here()) return;
    ToolHouse house;
    std::stop_source stop;
    std::jthread other([&] {
        CHECK(heddle::test::await_file(house.root() / "begun"));
        stop.request_stop();
    });
    const auto result = house.call("bash", {{"command", "echo begun; touch begun; sleep 100"}}, stop.get_token());
    CHECK(result.text == "begun\n[cancelled]");
    CHECK(result.details.at("end") == "cancelled");
}
