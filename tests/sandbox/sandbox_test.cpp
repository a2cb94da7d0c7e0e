// tests/sandbox/sandbox_test.cpp: The face: arguments, input, output, several at a time, and how it fails.
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>
#include <vector>

#include "tests/support/child.h"
#include "tests/support/host_state.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("sandbox: arguments reach the program byte for byte, read by no shell") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    const std::string odd = "a b\n$(id) `id` \xff\xfe \"'\\ ;|& *";
    const auto result = workspace.run({"printf", "%s|", odd, "", "-n"});
    CHECK(exited(result));
    CHECK(result.out.text() == odd + "||-n|");
    CHECK(workspace.run({""}).outcome.code == 127);
}

TEST_CASE("sandbox: input, variables and merged output arrive as given") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    Command command{{"bash", "-c", "cat; echo \"$GIVEN\"; echo to-err >&2; echo to-out"}, "", {}, true};
    command.input = std::string("in\0put\n", 7) + std::string(300'000, 'x') + "\n";
    command.environment["GIVEN"] = "a value\nof two lines";
    const auto result = shared_sandbox().run(command, workspace.policy);
    CHECK(exited(result));
    CHECK(result.err.total_bytes == 0);
    CHECK(result.out.total_bytes == command.input.size() + 21 + 7 + 7);
    CHECK(result.out.text().find("a value\nof two lines\nto-err\nto-out\n") != std::string::npos);
}

TEST_CASE("sandbox: what the sink is given is, in sum, the text of the result") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.policy.limits.output_bytes = 100;
    std::string out, err;
    const Command command{{"bash", "-c", "seq 1000; echo oops >&2"}, "", {}, false};
    const auto result =
        shared_sandbox().run(command, workspace.policy, {}, [&](Sandbox::Stream stream, std::string_view bytes) {
            (stream == Sandbox::Stream::out ? out : err).append(bytes);
        });
    CHECK(out == result.out.text());
    CHECK(err == "oops\n");
    CHECK(result.out.dropped_bytes() == 3893 - 100);
}

TEST_CASE("sandbox: a program that is missing or is none ends with 127 or 126, as in a shell") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    workspace.write("data", "no program");
    CHECK(exited(workspace.run({"no-such-program"}), 127));
    CHECK(exited(workspace.run({"./data"}), 126));
    const auto huge = workspace.run({"echo", std::string(3'000'000, 'x')});
    CHECK(exited(huge, 126));
    CHECK(huge.err.text().find("Argument list too long") != std::string::npos);
}

TEST_CASE("sandbox: a background process that holds the output does not hold run()") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    const auto result = workspace.bash("sleep 60 & echo started");
    CHECK(exited(result));
    CHECK(result.out.text() == "started\n");
    CHECK(result.usage.wall < 30s);
}

TEST_CASE("sandbox: when a call returns, what its command left running has let go of all that it held") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    workspace.write("lock", "");
    // The kernel takes its memory from it before its files: of a process that is being killed the lock is held for as
    // long as that lasts.
    Command command;
    command.argv = {
        "bash", "-c",
        "python3 -c \"import fcntl, time; lock = open('lock', 'w'); fcntl.flock(lock, fcntl.LOCK_EX); held = "
        "b'x' * (400 << 20); open('is_held', 'w').close(); time.sleep(999)\" >/dev/null 2>&1 & until test -e "
        "is_held; do :; done; rm is_held"};
    const auto is_free = [&] {
        const Fd lock(::open((workspace.path() / "lock").c_str(), O_RDONLY | O_CLOEXEC));
        return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
    };
    for (int i = 0; i < 3; ++i) {
        CHECK(exited(shared_sandbox().run(command, workspace.policy)));
        CHECK(is_free());
        Session session = shared_sandbox().open(workspace.policy);
        CHECK(exited(session.run(command)));
        CHECK_FALSE(is_free());
        session.close();
        CHECK(is_free());
    }
}

TEST_CASE("sandbox: a stop request ends the guest and says so") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    std::stop_source stop;
    std::jthread later([&] { std::this_thread::sleep_for(200ms), stop.request_stop(); });
    const auto result = shared_sandbox().run({{"sleep", "60"}, "", {}, false}, workspace.policy, stop.get_token());
    CHECK(result.outcome.kind == Outcome::Kind::cancelled);
    const auto at_once = shared_sandbox().run({{"sleep", "60"}, "", {}, false}, workspace.policy, stop.get_token());
    CHECK(at_once.outcome.kind == Outcome::Kind::cancelled);
}

TEST_CASE("sandbox: threads run guests side by side, each with its own outcome") {
    if (no_sandbox_here()) return;
    std::vector<int> statuses(12, -1);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 12; ++i)
            threads.emplace_back([&, i] {
                const Workspace workspace;
                for (int round = 0; round < 5; ++round)
                    statuses[static_cast<std::size_t>(i)] =
                        workspace.bash("exit " + std::to_string(i)).outcome.exit_status();
            });
    }
    for (int i = 0; i < 12; ++i) CHECK(statuses[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("sandbox: a command without input has an empty device, which no tool takes for a file to search") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    CHECK(workspace.bash("stat -Lc %F /dev/stdin; cat").out.text() == "character special file\n");
}

TEST_CASE("sandbox: many calls leave no descriptor, mount, process or cgroup behind, but the blank that waits") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    const auto others = children_of(::getpid());
    Sandbox sandbox = Sandbox::start();
    const pid_t launcher = new_child_since(others);
    const auto run = [&](const char* script) { return sandbox.run(bash(script), workspace.policy); };
    CHECK(exited(run("true")));
    const std::string mounts = mounts_of_host();
    const int descriptors = open_descriptors();
    Policy impossible = workspace.policy;
    for (int i = 0; i < 20; ++i) CHECK(exited(run("sleep 99 & true")));
    impossible.workspace = "/usr/../" + workspace.path().native() + "/none";
    CHECK_THROWS_AS(sandbox.run({{"true"}, "", {}, false}, impossible), Error);
    CHECK(mounts_of_host() == mounts);
    CHECK(open_descriptors() == descriptors);
    CHECK(blank_soon(launcher) > 0);
    std::this_thread::sleep_for(50ms);  // the last guest is reaped, then its cgroup removed
    CHECK(cgroups_named("heddle-" + std::to_string(launcher) + "-").size() <= 1);
}

TEST_CASE("sandbox: when it ends, its launcher has removed what it made for the last guest") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    for (int i = 0; i < 20; ++i) {
        const auto before = children_of(::getpid());
        pid_t launcher = -1;
        {
            Sandbox sandbox = Sandbox::start();
            launcher = new_child_since(before);
            CHECK(exited(sandbox.run({{"true"}, "", {}, false}, workspace.policy)));
        }
        REQUIRE(launcher > 0);
        CHECK(::kill(launcher, 0) != 0);
        CHECK_FALSE(has_cgroup_of(launcher));
    }
}

TEST_CASE("sandbox: a killed launcher takes its guests along, and the caller is told") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("stay_alive");
    const auto others = children_of(::getpid());
    Sandbox sandbox = Sandbox::start();
    const pid_t launcher = new_child_since(others);
    REQUIRE(launcher > 0);
    std::jthread killer([&] {
        while (workspace.read("beats").empty()) std::this_thread::sleep_for(5ms);
        ::kill(launcher, SIGKILL);
    });
    CHECK_THROWS_AS(sandbox.run({{"./stay_alive"}, "", {}, false}, workspace.policy), Error);
    std::this_thread::sleep_for(200ms);
    const auto beats = workspace.read("beats").size();
    std::this_thread::sleep_for(200ms);
    CHECK(workspace.read("beats").size() == beats);
    CHECK_THROWS_AS(sandbox.run({{"true"}, "", {}, false}, workspace.policy), Error);
}

TEST_CASE("sandbox: if this process is killed, the launcher and the guests die") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("stay_alive");
    Child child([&](Child::Report report) {
        Sandbox sandbox = Sandbox::start();
        for (const pid_t launcher : children_of(::getpid())) report(launcher);
        sandbox.run({{"./stay_alive"}, "", {}, false}, workspace.policy);
    });
    const auto launcher = static_cast<pid_t>(child.next());
    REQUIRE(launcher > 0);
    while (workspace.read("beats").empty()) std::this_thread::sleep_for(5ms);
    child.kill();
    CHECK(gone_soon(launcher));
    std::this_thread::sleep_for(100ms);
    const auto beats = workspace.read("beats").size();
    std::this_thread::sleep_for(100ms);
    CHECK(workspace.read("beats").size() == beats);
}

TEST_CASE("sandbox: an odd environment of the caller does not reach the guest") {
    if (no_sandbox_here()) return;
    Workspace workspace;
    workspace.add_guest("list_fds");
    Child child([&](Child::Report report) {
        ::close(0);
        ::umask(0777);
        ::signal(SIGPIPE, SIG_IGN);
        ::signal(SIGCHLD, SIG_IGN);
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, nullptr);
        for (int i = 0; i < 200; ++i) (void)::open("/dev/null", O_RDONLY);
        Sandbox sandbox = Sandbox::start();
        const Command command{
            {"bash", "-c",
             "umask; ./list_fds | wc -l; trap; yes | head -1; (exit 3); echo $?; touch f; stat -c %a f; "
             "grep -E 'SigBlk|SigIgn' /proc/self/status"},
            "",
            {},
            false};
        const auto result = sandbox.run(command, workspace.policy);
        report(result.out.text() == "0022\n3\ny\n3\n644\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    });
    CHECK(child.next() == 1);
}

TEST_CASE("sandbox: workspaces with odd names and closed parents work at their own path") {
    if (no_sandbox_here()) return;
    const TempFolder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
    for (const char* name : {"with space", "new\nline", "-rf", "\xff\xfe", "quo'te\"$(id)"}) {
        Policy policy;
        policy.workspace = folder.path() / name;
        fs::create_directory(policy.workspace);
        const auto result = shared_sandbox().run({{"bash", "-c", "pwd; touch made"}, "", {}, false}, policy);
        CHECK(exited(result));
        CHECK(result.out.text() == policy.workspace.native() + "\n");
        CHECK(fs::exists(policy.workspace / "made"));
    }
    fs::create_directory_symlink(folder.path() / "with space", folder.path() / "link");
    Policy policy;
    policy.workspace = folder.path() / "link";
    CHECK(exited(shared_sandbox().run({{"test", "-e", "made"}, "", {}, false}, policy)));
}

TEST_CASE("sandbox: an ordinary user has the same sandbox, with his own id") {
    if (no_sandbox_here()) return;
    if (::getuid() != 0) return;  // then all cases are this one
    const Workspace workspace;
    REQUIRE(::chown(workspace.path().c_str(), 65534, 65534) == 0);
    const TempFolder programs;
    fs::copy_file(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher", programs.path() / "heddle-launcher");
    REQUIRE(::chmod(programs.path().c_str(), 0755) == 0);
    Child child([&](Child::Report report) {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return;
        Sandbox sandbox = Sandbox::start(programs.path() / "heddle-launcher");
        Policy policy = workspace.policy;
        policy.limits.memory_bytes = 64u << 20;
        policy.limits.processes = 40;
        const auto run = [&](const char* script) {
            return sandbox.run({{"bash", "-c", script}, "", {}, false}, policy);
        };
        report(run("id -u > id; grep -c 'Cap.*0000000000000000' /proc/self/status").out.text() == "5\n");
        const auto memory = run("python3 -c 'x = []\nwhile 1: x.append(bytearray(1 << 20))'");
        report(memory.outcome.kind == Outcome::Kind::out_of_memory &&
               memory.outcome.detail.find("polled") != std::string::npos);
        report(run("for i in $(seq 200); do sleep 9 & done 2>/dev/null; echo no").out.total_bytes == 0);
        report(run("kill -9 1; cat /proc/1/environ; ls /proc/1/fd; echo still").out.text() == "still\n");
    });
    for (int i = 0; i < 4; ++i) {
        INFO(i);
        CHECK(child.next() == 1);
    }
    CHECK(workspace.read("id") == "65534\n");
}

TEST_CASE("sandbox: a command or a policy that cannot be meant is refused before anything runs") {
    if (no_sandbox_here()) return;
    const Workspace workspace;
    const auto refused = [&](const Command& command, const Policy& policy) {
        CHECK_THROWS_AS(shared_sandbox().run(command, policy), Error);
    };
    refused({}, workspace.policy);
    refused({{std::string("a\0b", 3)}, "", {}, false}, workspace.policy);
    refused({{"true"}, "", {{"A=B", "c"}}, false}, workspace.policy);
    Policy policy = workspace.policy;
    policy.limits.wall = 0ms;
    refused({{"true"}, "", {}, false}, policy);
    CHECK_THROWS_AS(Sandbox::start("/nonexistent/launcher"), Error);
    CHECK_THROWS_AS(Sandbox::start("/bin/true"), Error);
}

TEST_CASE("sandbox: where a layer is missing nothing runs, and the step, the errno and what to do are named") {
    if (no_sandbox_here()) return;
    const Workspace workspace;  // inside a sandbox there are no namespaces to be had, so these tests go there
    fs::copy_file("/proc/self/exe", workspace.path() / "sandbox_tests");
    fs::copy_file(fs::path(HEDDLE_BINARY_DIR) / "heddle-launcher", workspace.path() / "heddle-launcher");
    Command command;
    command.argv = {"./sandbox_tests", "-tc=isolation: a guest inherits*"};
    command.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}};  // which would need ptrace, where it is built in
    const auto result = shared_sandbox().run(command, workspace.policy);
    CHECK(exited(result));
    const std::string said = result.out.text();
    CHECK(said.find("step 'namespaces': could not clone into new namespaces: Function not implemented (ENOSYS)") !=
          said.npos);
    CHECK(said.find("this is already inside a sandbox") != said.npos);
    CHECK(said.find("not run, the sandbox is missing here") != said.npos);
}
