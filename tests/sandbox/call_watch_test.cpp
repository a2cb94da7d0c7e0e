// tests/sandbox/call_watch_test.cpp: What is told of refused calls (sandbox/launcher/call_watch.cpp), and at what pace.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>

#include "tests/support/child.h"
#include "tests/support/sandbox_house.h"

using namespace heddle::test;
using namespace heddle::sandbox;
using namespace std::chrono_literals;

namespace {

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

// Prints what is missing, where the kernel hands no calls up.
bool nothing_told_here() {
    if (no_sandbox_here()) return true;
    for (const auto& layer : host().layers)
        if (layer.name == "seccomp notices" && !layer.present) {
            MESSAGE("not run, refused calls cannot be told here: ", layer.detail);
            return true;
        }
    return false;
}

// A filter over this process and all that it starts: `operation` of seccomp(2) is refused. Returns false if it cannot
// be put on.
bool refuse_operation(unsigned operation, unsigned flags) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, operation, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{std::size(program), program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) >= 0;
}

constexpr const char* asks_the_kernel = R"(
import ctypes, os
c = ctypes.CDLL(None, use_errno=True)
def ask(*call):
    assert c.syscall(*call) == -1
    print(os.strerror(ctypes.get_errno()))
)";

}  // namespace

TEST_CASE("call_watch: a refused call is told once by name and program, and gets the errno that it would get untold") {
    if (nothing_told_here()) return;
    const Workspace workspace;
    const std::string script = std::string(asks_the_kernel) +
                               "for i in range(3): ask(165, None, None, None, 0, None)\n"
                               "ask(41, 40, 1, 0); ask(41, 2, 3, 0); ask(41, 2, 1, 132); ask(272, 0x10000000)\n"
                               "c.prctl(15, b'other\"\\x1b[2J'); ask(165, None, None, None, 0, None)";
    Session session = shared_sandbox().open(workspace.policy);
    for (const Result& result : {workspace.python(script), session.run({{"python3", "-c", script}, "", {}, false})}) {
        CHECK(exited(result));
        CHECK(result.out.text() ==
              "Operation not permitted\nOperation not permitted\nOperation not permitted\n"
              "Address family not supported by protocol\nOperation not permitted\nProtocol not supported\n"
              "Operation not permitted\nOperation not permitted\n");
        CHECK(joined(result.violations) ==
              "blocked mount(2) by python3: the sandbox gives no mounts\n"
              "blocked socket(2) by python3: the sandbox has local, TCP, UDP and routing sockets only\n"
              "blocked unshare(2) by python3: the sandbox gives no namespaces\n"
              "blocked mount(2) by \"other\\x22\\x1b[2J\": the sandbox gives no mounts\n");
    }
    CHECK(session.run(bash("true")).violations.empty());  // each command has its own
}

TEST_CASE("call_watch: what programs ask as a matter of course is told to nobody") {
    if (nothing_told_here()) return;
    const Workspace workspace;
    const std::string script = std::string(asks_the_kernel) + "ask(435, 0, 0); ask(425, 1, 0); ask(437, 0, 0, 0, 0)";
    const Result result = workspace.python(script);
    CHECK(exited(result));
    CHECK(result.violations.empty());
}

TEST_CASE("call_watch: what a command that is killed was refused is told too") {
    if (nothing_told_here()) return;
    Workspace workspace;
    workspace.policy.limits.wall = 1s;
    const Result result = workspace.bash("mount -t tmpfs x /tmp; unshare -Ur true; sleep 60");
    CHECK(result.outcome.kind == Outcome::Kind::timed_out);
    CHECK(result.violations.size() == 2);
}

TEST_CASE("call_watch: at most ten lines are told, whatever names a program takes") {
    if (nothing_told_here()) return;
    Workspace workspace;
    workspace.add_guest("ask_often");
    const Result result = workspace.run({"./ask_often", "names", "1000"});
    CHECK(exited(result));
    REQUIRE(result.violations.size() == violations_max);
    CHECK(result.violations[9].rfind("blocked keyctl(2) by \"name 9\\x0a\\x1b\": ", 0) == 0);
}

TEST_CASE("call_watch: a flood of refused calls is answered to its end, and other commands go on meanwhile") {
    if (nothing_told_here()) return;
    Workspace workspace;
    workspace.add_guest("ask_often");
    const Result flood = workspace.run({"./ask_often", "", "20000"});
    CHECK(exited(flood));
    CHECK(flood.violations.size() == 1);

    Session session = shared_sandbox().open(workspace.policy);
    Process flooder = session.start({{"./ask_often", "", "1000000000", "50"}, "", {}, false});
    for (int i = 0; i < 20; ++i) CHECK(exited(session.run(bash("true"))));
    const Result other = session.run(bash("mount -t tmpfs x /tmp"));
    CHECK(other.violations.size() == 1);
    CHECK_FALSE(flooder.ended());
    flooder.kill();
    for (int i = 0; i < 100 && !flooder.ended(); ++i) flooder.read(100ms);
    CHECK(flooder.ended());
}

TEST_CASE("call_watch: what a command left behind in a session gets the same errno after its end") {
    if (nothing_told_here()) return;
    Workspace workspace;
    workspace.add_guest("ask_often");
    Session session = shared_sandbox().open(workspace.policy);
    REQUIRE(exited(session.run(bash("(sleep 1; ./ask_often '' 1000 >told) & true"))));
    for (int i = 0; i < 100 && workspace.read("told").empty(); ++i) CHECK(exited(session.run(bash("sleep 0.1"))));
    CHECK(workspace.read("told") == "0\n");
}

TEST_CASE(
    "call_watch: where the kernel has no notices, or another listens, calls are refused as ever and probe says so") {
    if (nothing_told_here()) return;
    const Workspace workspace;
    const std::string script = std::string(asks_the_kernel) + "ask(165, None, None, None, 0, None); ask(41, 40, 1, 0)";
    const auto is_quiet = [&] {
        bool is_said = false;
        const HostReport report = probe();
        for (const auto& layer : report.layers)
            is_said = is_said || (layer.name == "seccomp notices" && !layer.present);
        Sandbox sandbox = Sandbox::start();
        const Result result = sandbox.run({{"python3", "-c", script}, "", {}, false}, workspace.policy);
        return is_said && report.usable && result.violations.empty() &&
               result.out.text() == "Operation not permitted\nAddress family not supported by protocol\n";
    };
    constexpr unsigned nothing = 99;
    Child old_kernel([&](Child::Report) {
        if (!refuse_operation(SECCOMP_GET_NOTIF_SIZES, 0)) ::_exit(5);
        ::_exit(is_quiet() ? 0 : 1);
    });
    CHECK(old_kernel.wait() == 0);
    Child in_container([&](Child::Report) {
        if (!refuse_operation(nothing, SECCOMP_FILTER_FLAG_NEW_LISTENER)) ::_exit(5);
        ::_exit(is_quiet() ? 0 : 1);
    });
    CHECK(in_container.wait() == 0);
}
