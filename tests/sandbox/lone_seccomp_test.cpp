// tests/sandbox/lone_seccomp_test.cpp: The filter of a guest without namespaces: what it refuses beyond the other one.
#include <doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "sandbox/launcher/blocked_calls.h"
#include "sandbox/launcher/seccomp.h"
#include "tests/support/bpf_evaluator.h"

#ifdef __x86_64__

using namespace heddle::sandbox;
using heddle::test::errno_of;
using heddle::test::is_handed_up;

namespace {

constexpr std::uint64_t upper = 1ull << 33;  // what the kernel drops of an int

seccomp_data call_of(int number, std::initializer_list<std::uint64_t> arguments) {
    seccomp_data call{};
    call.nr = number;
    call.arch = AUDIT_ARCH_X86_64;
    std::copy(arguments.begin(), arguments.end(), call.args);
    return call;
}

int ask(const SeccompFilter& filter, int number, std::initializer_list<std::uint64_t> arguments) {
    return errno_of(filter, call_of(number, arguments));
}

}  // namespace

TEST_CASE("lone seccomp: all that the ordinary filter denies whatever the arguments is denied here too") {
    const SeccompFilter ordinary = compile_seccomp();
    for (const bool has_network : {false, true}) {
        const SeccompFilter lone = compile_lone_seccomp(has_network);
        for (int number = 0; number < 600; ++number) {
            INFO(number);
            if (ask(ordinary, number, {}) != 0) CHECK(ask(lone, number, {}) != 0);
        }
    }
}

TEST_CASE("lone seccomp: without the network there are no sockets but pairs that have no names") {
    const SeccompFilter lone = compile_lone_seccomp(false);
    for (const std::uint64_t high : {std::uint64_t{0}, upper}) {
        for (std::uint64_t family = 0; family < 64; ++family) {
            CHECK(ask(lone, SYS_socket, {family | high, SOCK_STREAM, 0}) == EAFNOSUPPORT);
            if (family != AF_UNIX) CHECK(ask(lone, SYS_socketpair, {family | high, SOCK_STREAM}) == EAFNOSUPPORT);
        }
        CHECK(ask(lone, SYS_socketpair, {AF_UNIX | high, SOCK_STREAM | SOCK_CLOEXEC}) == 0);
        CHECK(ask(lone, SYS_socketpair, {AF_UNIX, SOCK_SEQPACKET | high}) == 0);
        for (const int type : {int{SOCK_DGRAM}, int{SOCK_RAW}, SOCK_DGRAM | SOCK_NONBLOCK})
            CHECK(ask(lone, SYS_socketpair, {AF_UNIX | high, static_cast<std::uint64_t>(type) | high}) == EPERM);
    }
}

TEST_CASE("lone seccomp: with the host's network sockets of the host's paths and names stay closed") {
    const SeccompFilter lone = compile_lone_seccomp(true);
    CHECK(ask(lone, SYS_socket, {AF_INET, SOCK_STREAM, 0}) == 0);
    CHECK(ask(lone, SYS_socket, {AF_INET6, SOCK_DGRAM, 0}) == 0);
    CHECK(ask(lone, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}) == EAFNOSUPPORT);
    CHECK(ask(lone, SYS_socket, {AF_UNIX | upper, SOCK_DGRAM, 0}) == EAFNOSUPPORT);
    CHECK(ask(lone, SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}) == EAFNOSUPPORT);
    CHECK(ask(lone, SYS_socket, {AF_INET, SOCK_RAW, 0}) == EPERM);
    CHECK(ask(lone, SYS_socketpair, {AF_UNIX, SOCK_DGRAM}) == EPERM);
}

TEST_CASE("lone seccomp: queues, fifos, and what would touch other processes of the same user are refused") {
    const SeccompFilter lone = compile_lone_seccomp(false);
    for (const int call : {SYS_shmget, SYS_shmat, SYS_semget, SYS_msgget, SYS_mq_open, SYS_msgrcv})
        CHECK(ask(lone, call, {}) == ENOSYS);
    for (const int call : {SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr}) {
        CHECK(ask(lone, call, {4711}) == EPERM);
        CHECK(ask(lone, call, {0}) == 0);
    }
    CHECK(ask(lone, SYS_setpriority, {PRIO_PROCESS, 0, 5}) == 0);
    CHECK(ask(lone, SYS_setpriority, {PRIO_PROCESS, 4711, 5}) == EPERM);
    CHECK(ask(lone, SYS_setpriority, {PRIO_USER, 0, 5}) == EPERM);
    CHECK(ask(lone, SYS_setpriority, {PRIO_USER | upper, 0, 5}) == EPERM);
    CHECK(ask(lone, SYS_setpriority, {PRIO_USER, upper, 5}) == EPERM);
    CHECK(ask(lone, SYS_ioprio_set, {1, 4711}) == EPERM);
    CHECK(ask(lone, SYS_ioprio_set, {3, 0}) == EPERM);
    CHECK(ask(lone, SYS_ioprio_set, {1, 0}) == 0);
    CHECK(ask(lone, SYS_fcntl, {0, F_SETOWN | upper}) == EPERM);
    CHECK(ask(lone, SYS_fcntl, {0, F_SETFD}) == 0);
    CHECK(ask(lone, SYS_mknod, {0, S_IFIFO | 0600 | upper}) == EPERM);
    CHECK(ask(lone, SYS_mknodat, {0, 0, S_IFIFO | 0600}) == EPERM);
    CHECK(ask(lone, SYS_mknod, {0, S_IFREG | 0600}) == 0);
}

TEST_CASE("lone seccomp: what is told is told as in namespaces, and no socket that nobody answers for") {
    const SeccompFilter ordinary = compile_seccomp();
    for (const bool has_network : {false, true}) {
        const SeccompFilter lone = compile_lone_seccomp(has_network), quiet = without_notices(lone);
        for (int number = 0; number < 600; ++number) {
            for (const std::uint64_t argument : {std::uint64_t{0}, std::uint64_t{1}, upper - 1, ~std::uint64_t{0}}) {
                INFO(number, " ", argument);
                const seccomp_data call = call_of(number, {argument, argument, argument, argument});
                CHECK(errno_of(lone, call) == errno_of(quiet, call));
                CHECK_FALSE(is_handed_up(quiet, call));
                if (is_handed_up(lone, call)) CHECK(errno_of(lone, call) == errno_of_told(call));
                if (number != SYS_socket && errno_of(ordinary, call) != 0)
                    CHECK(is_handed_up(lone, call) == is_handed_up(ordinary, call));
            }
        }
        for (std::uint64_t family = 0; family < 64; ++family) {
            for (const int type : {int{SOCK_STREAM}, int{SOCK_RAW}}) {
                INFO(family, " ", type);
                const seccomp_data call = call_of(SYS_socket, {family, static_cast<std::uint64_t>(type), 0});
                const bool is_told = has_network && family != AF_UNIX && errno_of(lone, call) != 0;
                CHECK(is_handed_up(lone, call) == is_told);
                if (is_told) CHECK(errno_of(lone, call) == errno_of_told(call));
            }
        }
    }
}

#endif
