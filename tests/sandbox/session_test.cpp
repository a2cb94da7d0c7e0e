// tests/sandbox/session_test.cpp: Tests guests of many commands: what they share, what ends with what.
#include "sandbox/session.h"

#include <doctest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/wire.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::sandbox;
using namespace heddle::test;
using namespace std::chrono_literals;

namespace {

Command in_terminal(std::string script) {
    Command command = bash(std::move(script));
    command.terminal = TerminalSize{30, 90};
    return command;
}

// Everything that a process writes until it has ended, or half a minute is over.
std::string all_of(Process& process) {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        const std::string more = process.read(100ms);
        text += more;
        if (more.empty() && process.ended()) break;
    }
    return text;
}

}  // namespace

TEST_CASE("session: commands share the workspace, /tmp and the processes that they leave behind") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    CHECK(exited(session.run(bash("echo one >/tmp/a; sleep 300 & echo $! >/tmp/pid"))));
    const Result second = session.run(bash("cat /tmp/a; kill -0 $(cat /tmp/pid) && echo alive; echo x >kept"));
    CHECK(exited(second));
    CHECK(second.out.text() == "one\nalive\n");
    CHECK(workspace.read("kept") == "x\n");
    CHECK(session.is_open());
    session.close();
    CHECK_FALSE(session.is_open());
    CHECK_THROWS_AS(session.run(bash("true")), Error);
}

TEST_CASE("session: a command returns when it has ended, whoever still holds its output") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const Result result = session.run(bash("sleep 300 & echo done; exit 3"), {}, {}, 20s);
    CHECK(exited(result, 3));
    CHECK(result.out.text() == "done\n");
    CHECK(result.usage.wall < 15s);
}

TEST_CASE("session: a command past its time is killed with what it started, and the session goes on") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    CHECK(exited(session.run(bash("sleep 301 & echo $! >/tmp/other"))));
    const Result late =
        session.run(bash("trap '' TERM INT; sleep 302 & echo $! >/tmp/own; wait; sleep 303"), {}, {}, 300ms);
    CHECK(late.outcome.kind == Outcome::Kind::timed_out);
    const Result after = session.run(
        bash("kill -0 $(cat /tmp/other) && echo other lives; kill -0 $(cat /tmp/own) 2>/dev/null || echo own is gone"));
    CHECK(after.out.text() == "other lives\nown is gone\n");
}

TEST_CASE("session: a stop ends the command, not the session") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    std::stop_source stop;
    std::thread stopper([&] {
        std::this_thread::sleep_for(200ms);
        stop.request_stop();
    });
    CHECK(session.run(bash("sleep 300"), stop.get_token()).outcome.kind == Outcome::Kind::cancelled);
    stopper.join();
    CHECK(exited(session.run(bash("true"))));
}

TEST_CASE("session: several threads run commands side by side") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    std::vector<std::thread> threads;
    std::vector<std::string> texts(4);
    for (std::size_t i = 0; i < texts.size(); ++i)
        threads.emplace_back([&, i] { texts[i] = session.run(bash("echo " + std::to_string(i))).out.text(); });
    for (auto& thread : threads) thread.join();
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == std::to_string(i) + "\n");
}

TEST_CASE("session: past the memory limit the whole session ends, and says so") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.memory_bytes = 128u << 20;
    Session session = shared_sandbox().open(workspace.policy);
    Command command;
    command.argv = {"python3", "-c",
                    "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1\nwhile True: pass"};
    const Result result = session.run(command);
    CHECK(result.outcome.kind == Outcome::Kind::out_of_memory);
    for (int i = 0; i < 100 && session.is_open(); ++i) std::this_thread::sleep_for(50ms);
    CHECK_FALSE(session.is_open());
    CHECK_THROWS_AS(session.run(bash("true")), Error);
}

TEST_CASE("session: a program that is not there is the command's own failure") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Command command;
    command.argv = {"no-such-program"};
    const Result result = session.run(command);
    CHECK(exited(result, 127));
    CHECK(result.err.text().find("No such file") != std::string::npos);
    CHECK(exited(session.run(bash("true"))));
}

TEST_CASE("process: a shell in a terminal reads what is typed and knows its size") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Process process = session.start(in_terminal("stty size; read -r line; echo \"got $line on $(tty)\"; exit 7"));
    const std::string typed = "hello\n";
    CHECK(process.write(typed, 5s) == typed.size());
    const std::string text = all_of(process);
    CHECK(text.find("30 90") != std::string::npos);
    CHECK(text.find("got hello on /dev/pts/") != std::string::npos);
    REQUIRE(process.ended());
    CHECK(process.ended()->kind == Outcome::Kind::exited);
    CHECK(process.ended()->code == 7);
}

TEST_CASE("process: one that is talked to answers over its socket, writes to a pipe, and has a terminal beside them") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Command command = in_terminal(
        "read -r line; echo \"answer $line\" >&0; echo out; echo err >&2; [ -t 1 ] && echo tty;"
        "read -r typed </dev/tty; echo \"typed $typed\"");
    command.is_talked_to = true;
    Process process = session.start(command);
    CHECK(process.write("hello\n", 5s) == 6);
    pollfd answer{process.talk(), POLLIN, 0};
    REQUIRE(::poll(&answer, 1, 10'000) == 1);
    char bytes[64];
    const ssize_t count = ::read(process.talk(), bytes, sizeof bytes);
    CHECK(std::string(bytes, std::size_t(std::max<ssize_t>(count, 0))) == "answer hello\n");
    CHECK(::write(process.terminal(), "keys\n", 5) == 5);
    CHECK(all_of(process) == "out\nerr\ntyped keys\n");
}

TEST_CASE("session: past the memory limit the guest ends, though nobody waits for what runs") {
    if (no_sandbox_here()) return;
    const std::string eats = "python3 -c 'import time; time.sleep(.3); x = [bytearray(1 << 20) for _ in range(4096)]'";
    for (const bool is_left_by_run : {false, true}) {
        Workspace workspace;
        workspace.policy.limits.memory_bytes = 96 << 20;
        Session session = shared_sandbox().open(workspace.policy);
        std::optional<Process> process;
        if (is_left_by_run)
            CHECK(exited(session.run(bash(eats + " & echo left"))));
        else
            process = session.start(bash(eats + "; sleep 300"));
        for (int i = 0; i < 300 && session.is_open(); ++i) std::this_thread::sleep_for(100ms);
        CHECK_FALSE(session.is_open());
    }
}

TEST_CASE("session: a command that is past the memory limit is said to be, whoever looked first") {
    if (no_sandbox_here()) return;
    for (int i = 0; i < 8; ++i) {
        Workspace workspace;
        workspace.policy.limits.memory_bytes = 96 << 20;
        Session session = shared_sandbox().open(workspace.policy);
        CHECK(exited(session.run(bash("sleep 300 &"))));  // the session is watched by now
        const Result result = session.run(bash("python3 -c 'x = [bytearray(1 << 20) for _ in range(4096)]'"));
        CHECK(result.outcome.kind == Outcome::Kind::out_of_memory);
    }
}

TEST_CASE("process: control-C reaches the program in the foreground alone") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Process process = session.start(in_terminal("trap 'echo caught' INT; echo ready; sleep 300; echo after"));
    std::string text;
    while (text.find("ready") == std::string::npos && !process.ended()) text += process.read(1s);
    std::this_thread::sleep_for(100ms);
    process.write("\x03", 1s);
    text += all_of(process);
    CHECK(text.find("caught") != std::string::npos);
    CHECK(text.find("after") != std::string::npos);
}

TEST_CASE("process: pipes carry input to its end, and a kill takes the whole terminal session") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Process sorted = session.start(bash("sort"));
    CHECK(sorted.write("b\na\n", 5s) == 4);
    sorted.close_input();
    CHECK(all_of(sorted) == "a\nb\n");
    Process stubborn =
        session.start(bash("trap '' TERM HUP INT; echo $$ >/tmp/pid; sleep 300 & echo up; wait; sleep 300"));
    std::string text;
    while (text.find("up") == std::string::npos && !stubborn.ended()) text += stubborn.read(1s);
    stubborn.kill();
    all_of(stubborn);
    REQUIRE(stubborn.ended());
    CHECK(stubborn.ended()->kind == Outcome::Kind::signaled);
    CHECK(session.run(bash("pgrep -c sleep")).out.text() == "0\n");
}

TEST_CASE("process: who types to one that reads no more is told how much it took, and lives") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    Process deaf = session.start(bash("exec <&-; echo deaf; sleep 300"));
    std::string text;
    while (text.find("deaf") == std::string::npos && !deaf.ended()) text += deaf.read(1s);
    CHECK(deaf.write("x", 5s) == 0);
}

TEST_CASE("process: a kill right after the start is not lost") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    for (int i = 0; i < 50; ++i) {
        Process process = session.start({{"sleep", "5"}, "", {}, false});
        process.kill();
        while (!process.ended()) process.read(1s);
        REQUIRE(process.ended()->kind == Outcome::Kind::signaled);
    }
}

TEST_CASE("process: one that its owner lets go of is killed") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    {
        Process process = session.start(bash("echo up; sleep 300"));
        while (process.read(1s).empty() && !process.ended()) {
        }
    }
    CHECK(session
              .run(bash(
                  "for i in $(seq 50); do pgrep sleep >/dev/null || exit 0; /usr/bin/sleep 0.1 & wait; done; exit 1"))
              .outcome.kind == Outcome::Kind::exited);
    CHECK(session.run(bash("pgrep -fc 'sleep 300'")).out.text() != "2\n");
}

TEST_CASE("sandbox: a guest that is kept ready runs one command of its policy, and another takes its place") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    Sandbox sandbox = Sandbox::start();
    sandbox.keep_ready(workspace.policy);
    for (int i = 0; i < 4; ++i) {
        const Result result =
            sandbox.run(bash("cat /tmp/mark 2>/dev/null; touch /tmp/mark; echo fresh"), workspace.policy);
        CHECK(exited(result));
        CHECK(result.out.text() == "fresh\n");  // never the guest of another command
    }
    workspace.policy.mode = WorkspaceMode::ro;  // another policy is another guest
    CHECK(sandbox.run(bash("touch here"), workspace.policy).outcome.code != 0);
}

TEST_CASE("session: an order arrives whole, whether it just fits its message or crosses as a file") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Session session = shared_sandbox().open(workspace.policy);
    const std::size_t kind = std::string("order:").size();
    Command command = bash("echo ${#0}");
    command.argv.emplace_back();
    std::string& argument = command.argv.back();
    const std::size_t overhead = encode(Order{command, false}).size() + kind;
    for (std::size_t size = message_bytes_max - 8; size <= message_bytes_max + 8; ++size) {
        argument.assign(size - overhead, 'x');
        CHECK(session.run(command).out.text() == std::to_string(argument.size()) + "\n");
    }
    argument.assign(100'000, 'x');
    CHECK(session.run(command).out.text() == "100000\n");
}
