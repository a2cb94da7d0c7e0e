// tests/sandbox/bpf_evaluator_test.cpp: The evaluator that the filter is proved with answers as the kernel would.
#include "tests/support/bpf_evaluator.h"

#include <doctest.h>
#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "sandbox/launcher/seccomp.h"

using heddle::test::errno_of;
using heddle::test::evaluate;

namespace {

constexpr std::uint16_t load = BPF_LD | BPF_W | BPF_ABS, equal = BPF_JMP | BPF_JEQ | BPF_K, answer = BPF_RET | BPF_K;

seccomp_data call_of(int number, std::initializer_list<std::uint64_t> arguments = {}) {
    seccomp_data call{};
    call.nr = number;
    call.arch = AUDIT_ARCH_X86_64;
    std::copy(arguments.begin(), arguments.end(), call.args);
    return call;
}

std::uint32_t verdict(std::uint16_t comparison, std::uint32_t with, int number) {
    const std::vector<sock_filter> program = {
        {load, 0, 0, 0}, {comparison, 1, 0, with}, {answer, 0, 0, SECCOMP_RET_ALLOW}, {answer, 0, 0, 7}};
    return evaluate(program, call_of(number));
}

}  // namespace

TEST_CASE("bpf_evaluator: comparisons are of unsigned 32 bits, and jump over what does not hold") {
    for (const int number : {0, 4, 5, 6, -1}) {
        INFO(number);
        CHECK((verdict(equal, 5, number) == 7) == (number == 5));
        CHECK((verdict(BPF_JMP | BPF_JGT | BPF_K, 5, number) == 7) == (number == 6 || number == -1));
        CHECK((verdict(BPF_JMP | BPF_JGE | BPF_K, 5, number) == 7) == (number >= 5 || number == -1));
    }
}

TEST_CASE("bpf_evaluator: the halves of an argument are loaded apart, and a mask keeps its bits alone") {
    const auto loaded = [](std::uint32_t offset, std::uint32_t mask) {
        const std::vector<sock_filter> program = {{load, 0, 0, offset},
                                                  {BPF_ALU | BPF_AND | BPF_K, 0, 0, mask},
                                                  {BPF_JMP | BPF_JA, 0, 0, 1},
                                                  {answer, 0, 0, 1},
                                                  {equal, 0, 1, 0x30},
                                                  {answer, 0, 0, 2},
                                                  {answer, 0, 0, 3}};
        return evaluate(program, call_of(0, {0, 0xf5'0000'0030}));
    };
    constexpr std::uint32_t second = offsetof(seccomp_data, args) + 8;
    CHECK(loaded(second, 0xff) == 2);
    CHECK(loaded(second, 0x10) == 3);
    CHECK(loaded(second + 4, 0xff) == 3);
}

TEST_CASE("bpf_evaluator: what the kernel would not load, and what nobody expects, is refused") {
    const seccomp_data call = call_of(0);
    const auto refused = [&](std::vector<sock_filter> program) { CHECK_THROWS(evaluate(program, call)); };
    refused({});
    refused({{load, 0, 0, 0}});                                           // no answer
    refused({{load, 0, 0, 2}, {answer, 0, 0, 0}});                        // not aligned
    refused({{load, 0, 0, sizeof(seccomp_data)}, {answer, 0, 0, 0}});     // past the call
    refused({{BPF_JMP | BPF_JA, 0, 0, 9}, {answer, 0, 0, 0}});            // past the program
    refused({{BPF_JMP | BPF_JSET | BPF_K, 0, 0, 1}, {answer, 0, 0, 0}});  // never emitted
    refused(std::vector<sock_filter>(BPF_MAXINSNS + 1, {answer, 0, 0, 0}));
    const std::vector<sock_filter> kills = {{answer, 0, 0, SECCOMP_RET_KILL_PROCESS}};
    CHECK(evaluate(kills, call) == SECCOMP_RET_KILL_PROCESS);
    CHECK_THROWS(errno_of(kills, call));
    CHECK_THROWS(
        errno_of(std::vector<sock_filter>{{answer, 0, 0, SECCOMP_RET_USER_NOTIF}}, call));  // with which errno?
    CHECK_THROWS(errno_of(std::vector<sock_filter>{{answer, 0, 0, SECCOMP_RET_TRACE | EPERM}}, call));
}

TEST_CASE("bpf_evaluator: the kernel answers the same for the filter itself") {
    const auto filter = heddle::sandbox::without_notices(heddle::sandbox::compile_seccomp());
    // Calls that change nothing, whatever becomes of them; one that is let through fails with another errno or none.
    const std::vector<seccomp_data> calls = {
        call_of(SYS_getpid),
        call_of(SYS_keyctl, {99}),
        call_of(SYS_clone3),
        call_of(SYS_socket, {AF_VSOCK | 1ull << 33, SOCK_STREAM}),
        call_of(SYS_socket, {AF_UNIX | 1ull << 33, SOCK_STREAM}),
        call_of(SYS_chmod, {0, 04755}),
        call_of(SYS_chmod, {0, 0755}),
        call_of(0x4000'0000 | SYS_getpid),
        call_of(469 + 1),
    };
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(100);
        static_cast<void>(heddle::sandbox::apply_seccomp(filter));
        for (std::size_t i = 0; i < calls.size(); ++i) {
            const auto* a = calls[i].args;
            const long result = ::syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
            const int expected = errno_of(filter, calls[i]);
            const bool same = expected != 0
                                  ? result == -1 && errno == expected
                                  : result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EAFNOSUPPORT);
            if (!same) ::_exit(static_cast<int>(i) + 1);
        }
        ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);  // else the place of the call in the list
}

TEST_CASE("bpf_evaluator: a call that is handed to a listener that has gone does not hang") {
    const auto filter = heddle::sandbox::compile_seccomp();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(100);
        const bool is_listened_to = bool(heddle::sandbox::apply_seccomp(filter));  // and no longer
        const long result = ::syscall(SYS_keyctl, 99);
        ::_exit(result == -1 && errno == (is_listened_to ? ENOSYS : EPERM) ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}
