// tests/sandbox/limits_test.cpp: Guests that take too much of something, and how each is told.
#include <algorithm>
#include <chrono>

#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using Kind = heddle::sandbox::Outcome::Kind;
using namespace std::chrono_literals;

TEST_CASE("limits: sleeping, stopping or spinning for ever ends at the deadline") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.wall = 300ms;
    for (const char* script :
         {"sleep 1e9", "kill -STOP $$", "while :; do :; done", "trap '' TERM INT HUP; sleep 99; sleep 99"}) {
        INFO(std::string(script));
        const auto result = workspace.bash(script);
        CHECK(result.outcome.kind == Kind::timed_out);
        CHECK(result.outcome.exit_status() == 124);
        CHECK(result.usage.wall >= 300ms);
    }
}

TEST_CASE("limits: CPU time ends a spinning command, also one that ignores the warning") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.cpu = 1s;
    for (const char* script : {"while :; do :; done", "trap '' XCPU; while :; do :; done"}) {
        INFO(std::string(script));
        const auto result = workspace.bash(script);
        CHECK(result.outcome.kind == Kind::cpu_exceeded);
        CHECK(result.outcome.exit_status() == 124);
        CHECK(result.usage.cpu >= 500ms);
    }
}

TEST_CASE("limits: a fork bomb and a thread bomb stay within the number of processes and end with the call") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("bomb");
    workspace.policy.limits.processes = 60;
    for (const char* kind : {"processes", "threads"}) {
        INFO(std::string(kind));
        const auto result = workspace.run({"./bomb", kind});
        REQUIRE(exited(result));
        const int made = std::stoi(result.out.text());
        CHECK(made > 40);
        CHECK(made <= 61);
    }
    const auto shell = workspace.bash(":(){ :|:& };: ; exit 0");
    CHECK(shell.outcome.kind == Kind::exited);
}

TEST_CASE("limits: memory of one's own and shared memory end the guest at the limit") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("bomb");
    workspace.policy.limits.memory_bytes = 64u << 20;
    for (const char* kind : {"memory", "shared"}) {
        INFO(std::string(kind));
        const auto result = workspace.run({"./bomb", kind});
        CHECK(result.outcome.kind == Kind::out_of_memory);
        CHECK(result.outcome.exit_status() == 137);
        CHECK(result.outcome.detail.find("64 MiB") == 0);
        CHECK(result.usage.memory_peak_bytes > 32u << 20);
    }
    const auto child = workspace.bash("./bomb memory; echo survived; sleep 5");  // not only the command itself counts
    CHECK(child.outcome.kind == Kind::out_of_memory);
}

TEST_CASE("limits: the guest's own folders together hold what they may, and a file no more than it may") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.tmp_bytes = 8u << 20;
    workspace.policy.limits.file_bytes = 6u << 20;
    const auto result = workspace.python(R"(
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def fill(path):
    written = 0
    with open(path, "wb", buffering=0) as f:
        try:
            while True: written += f.write(bytes(65536))
        except OSError as error: print(error.strerror)
    return written
own = sum(fill(p) for p in ("/tmp/f", os.path.expanduser("~/f"), "/dev/shm/f"))
print(4 << 20 < own <= 8 << 20)
os.remove("/tmp/f")
try:
    for i in range(100000): open(f"/tmp/{i}", "w").close()
except OSError as error: print(error.strerror)
print(fill("ws") == 6 << 20)
try: os.truncate("ws", 1 << 40)
except OSError as error: print(error.strerror)
)");
    REQUIRE(exited(result));
    CHECK(result.out.text() ==
          "File too large\nNo space left on device\nNo space left on device\nTrue\nNo space left on device\n"
          "File too large\nTrue\nFile too large\n");
}

TEST_CASE("limits: the time of many processes counts in sum, in a session too and there without its other commands") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.cpu = 1s;
    workspace.policy.limits.wall = 30s;
    // Each process by itself stays below the limit.
    constexpr const char* script =
        "for i in $(seq 40); do timeout -s KILL 0.2 bash -c 'while :; do :; done' & wait; done; echo lived";
    const auto alone = workspace.bash(script);
    CHECK(alone.outcome.kind == Kind::cpu_exceeded);
    CHECK(alone.outcome.exit_status() == 124);
    CHECK(alone.outcome.detail == "1000 ms in sum");
    CHECK(alone.usage.cpu >= 900ms);
    CHECK(alone.out.text().empty());

    heddle::sandbox::Session session = shared_sandbox().open(workspace.policy);
    REQUIRE(exited(session.run(bash("setsid timeout -s KILL 9 bash -c 'while :; do :; done' & true"))));
    CHECK(session.run(bash("for i in 1 2 3 4; do (while :; do :; done) & done; wait")).outcome.kind ==
          Kind::cpu_exceeded);
    CHECK(exited(session.run(bash("sleep 2"))));  // by now the one in the background has used more
}

TEST_CASE("limits: a long output is read to its end, kept at both ends, and counted") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.output_bytes = 100'000;
    const auto result =
        workspace.bash("echo first; head -c 5000000 /dev/zero | tr '\\0' a; echo; echo last; echo e >&2");
    REQUIRE(exited(result));
    CHECK(result.out.total_bytes == 5000012);
    CHECK(result.out.head.size() + result.out.tail.size() == 100'000);
    CHECK(result.out.text().rfind("first\n", 0) == 0);
    CHECK(result.out.text().find("[... 4900012 bytes dropped ...]") != std::string::npos);
    CHECK(result.out.tail.substr(result.out.tail.size() - 6) == "\nlast\n");
    CHECK(result.err.text() == "e\n");
}

TEST_CASE("limits: a flood of output ends its command with the start kept, and says so") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.output_bytes = 10'000;
    heddle::sandbox::Session session = shared_sandbox().open(workspace.policy);
    for (const char* script : {"echo first; yes", "tr '\\0' a < /dev/zero >&2", "trap '' PIPE TERM; yes; sleep 99"}) {
        INFO(std::string(script));
        for (const auto& result : {workspace.bash(script), session.run(bash(script))}) {
            CHECK(result.outcome.kind == Kind::output_exceeded);
            CHECK(result.outcome.exit_status() == 137);
            CHECK(result.outcome.detail == "16 MiB on one stream");
            CHECK(std::max(result.out.head.size(), result.err.head.size()) == 5000);
        }
    }
    CHECK(exited(session.run(bash("true"))));
}

TEST_CASE("limits: a command that fails at the limit of processes keeps its status and is told which limit") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("bomb");
    workspace.policy.limits.processes = 60;
    heddle::sandbox::Session session = shared_sandbox().open(workspace.policy);
    const char* script = "./bomb processes >/dev/null; sleep 0.1; exit 7";
    for (const auto& result : {workspace.bash(script), session.run(bash(script))}) {
        REQUIRE(exited(result, 7));
        CHECK(result.outcome.met == heddle::sandbox::Limit::tasks);
        CHECK(result.outcome.detail == "60");
    }
    CHECK(workspace.bash("./bomb processes >/dev/null; exit 0").outcome.met == heddle::sandbox::Limit::none);
    CHECK(workspace.bash("exit 7").outcome.met == heddle::sandbox::Limit::none);
}

TEST_CASE("limits: a command that fails on a full disk or at the size of a file is told which limit") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.mode = heddle::sandbox::WorkspaceMode::cow;
    workspace.policy.limits.disk_bytes = workspace.policy.limits.tmp_bytes = 8u << 20;
    workspace.policy.limits.disk_files = 500;
    workspace.policy.limits.file_bytes = 6u << 20;
    const struct {
        const char* script;
        const char* detail;
    } cases[] = {
        {"head -c 5M /dev/zero >f; head -c 5M /dev/zero >g", "8 MiB or 500 files in the workspace"},
        {"for i in $(seq 600); do : >f$i || exit; done", "8 MiB or 500 files in the workspace"},
        {"head -c 5M /dev/zero >/tmp/f; head -c 5M /dev/zero >~/f", "8 MiB in /tmp, the home folder and /dev/shm"},
        {"exec head -c 7M /dev/zero >f", "6 MiB a file"},
        {"head -c 7M /dev/zero >f; exit $?", "6 MiB a file"},
    };
    for (const auto& one : cases) {
        INFO(std::string(one.script));
        const auto outcome = workspace.bash(one.script).outcome;
        CHECK(!outcome.succeeded());
        CHECK(outcome.met == heddle::sandbox::Limit::disk);
        CHECK(outcome.detail == one.detail);
        CHECK(std::string(heddle::sandbox::end_of(outcome)) == "disk");
    }
    const auto room = workspace.bash("head -c 5M /dev/zero >f; exit 3");
    CHECK(exited(room, 3));
    CHECK(room.outcome.met == heddle::sandbox::Limit::none);
}

TEST_CASE("limits: open files are few, and many zombies are reaped") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.open_files = 32;
    workspace.policy.limits.processes = 100;
    const auto result =
        workspace.bash("ulimit -n; for i in $(seq 400); do (true &) ; done; wait; echo /proc/[0-9]* | wc -w");
    REQUIRE(exited(result));
    CHECK(result.out.text().rfind("32\n", 0) == 0);
    CHECK(std::stoi(result.out.text().substr(3)) < 100);
}
