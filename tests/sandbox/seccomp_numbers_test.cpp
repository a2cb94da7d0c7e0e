// tests/sandbox/seccomp_numbers_test.cpp: The filter over every number, each ABI, and arguments with hostile upper
// bits.
#include <doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sandbox/launcher/blocked_calls.h"
#include "sandbox/launcher/seccomp.h"
#include "tests/support/bpf_evaluator.h"

namespace {

constexpr int newest = 469;                              // file_setattr, of Linux 6.17
constexpr int numbers_end = 1024, x32_bit = 0x40000000;  // beyond all numbers there are
constexpr std::uint64_t any = ~std::uint64_t{0};

// What the kernel drops of an int: it must make no difference.
constexpr std::uint64_t upper_bits[] = {0, 1ull << 33, 1ull << 63, 0xffff'ffffull << 32};

// Denied whatever the arguments. The numbers are those of x86_64.
const std::map<int, std::pair<const char*, int>> denied = {
    {101, {"ptrace", EPERM}},
    {103, {"syslog", EPERM}},
    {134, {"uselib", ENOSYS}},
    {136, {"ustat", ENOSYS}},
    {139, {"sysfs", ENOSYS}},
    {153, {"vhangup", EPERM}},
    {154, {"modify_ldt", EPERM}},
    {155, {"pivot_root", EPERM}},
    {156, {"_sysctl", ENOSYS}},
    {159, {"adjtimex", EPERM}},
    {161, {"chroot", EPERM}},
    {163, {"acct", EPERM}},
    {164, {"settimeofday", EPERM}},
    {165, {"mount", EPERM}},
    {166, {"umount2", EPERM}},
    {167, {"swapon", EPERM}},
    {168, {"swapoff", EPERM}},
    {169, {"reboot", EPERM}},
    {170, {"sethostname", EPERM}},
    {171, {"setdomainname", EPERM}},
    {172, {"iopl", EPERM}},
    {173, {"ioperm", EPERM}},
    {175, {"init_module", EPERM}},
    {176, {"delete_module", EPERM}},
    {179, {"quotactl", EPERM}},
    {206, {"io_setup", ENOSYS}},
    {212, {"lookup_dcookie", EPERM}},
    {216, {"remap_file_pages", EPERM}},
    {227, {"clock_settime", EPERM}},
    {246, {"kexec_load", EPERM}},
    {248, {"add_key", EPERM}},
    {249, {"request_key", EPERM}},
    {250, {"keyctl", EPERM}},
    {256, {"migrate_pages", EPERM}},
    {279, {"move_pages", EPERM}},
    {298, {"perf_event_open", EPERM}},
    {300, {"fanotify_init", EPERM}},
    {304, {"open_by_handle_at", EPERM}},
    {305, {"clock_adjtime", EPERM}},
    {308, {"setns", EPERM}},
    {310, {"process_vm_readv", EPERM}},
    {311, {"process_vm_writev", EPERM}},
    {312, {"kcmp", EPERM}},
    {313, {"finit_module", EPERM}},
    {320, {"kexec_file_load", EPERM}},
    {321, {"bpf", EPERM}},
    {323, {"userfaultfd", EPERM}},
    {425, {"io_uring_setup", ENOSYS}},
    {426, {"io_uring_enter", ENOSYS}},
    {427, {"io_uring_register", ENOSYS}},
    {428, {"open_tree", EPERM}},
    {429, {"move_mount", EPERM}},
    {430, {"fsopen", EPERM}},
    {431, {"fsconfig", EPERM}},
    {432, {"fsmount", EPERM}},
    {433, {"fspick", EPERM}},
    {435, {"clone3", ENOSYS}},
    {437, {"openat2", ENOSYS}},
    {438, {"pidfd_getfd", EPERM}},
    {440, {"process_madvise", EPERM}},
    {442, {"mount_setattr", EPERM}},
    {443, {"quotactl_fd", EPERM}},
    {447, {"memfd_secret", ENOSYS}},
    {467, {"open_tree_attr", EPERM}},
};

// Denied for some arguments; a test below says which.
const std::map<int, const char*> by_argument = {
    {2, "open"},      {9, "mmap"},        {16, "ioctl"},    {41, "socket"},        {53, "socketpair"},
    {56, "clone"},    {72, "fcntl"},      {85, "creat"},    {90, "chmod"},         {91, "fchmod"},
    {133, "mknod"},   {157, "prctl"},     {257, "openat"},  {259, "mknodat"},      {268, "fchmodat"},
    {272, "unshare"}, {302, "prlimit64"}, {317, "seccomp"}, {319, "memfd_create"}, {452, "fchmodat2"}};

struct Arguments {
    std::uint64_t a[6] = {};
};

// The refused calls that are told; of all of them every refusal is, except of those by another ABI.
const std::set<int> told = {41,  56,  101, 103, 154, 155, 159, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171,
                            172, 173, 175, 176, 179, 227, 246, 248, 249, 250, 272, 298, 300, 304, 305, 308, 310,
                            311, 313, 320, 321, 323, 428, 429, 430, 431, 432, 433, 438, 442, 443, 467};

// errno of the filter for one call, 0 if the kernel goes on with it. That it is told, or not, and that the guest's PID
// 1 answers so if it is, holds for each call that is asked.
int asked(int number, const Arguments& arguments = {}, std::uint32_t arch = AUDIT_ARCH_X86_64) {
    static const auto filter = heddle::sandbox::compile_seccomp();
    static const auto quiet = heddle::sandbox::without_notices(filter);
    seccomp_data call{};
    call.nr = number;
    call.arch = arch;
    std::copy(std::begin(arguments.a), std::end(arguments.a), call.args);
    const int error = heddle::test::errno_of(filter, call);
    const bool is_told = heddle::test::is_handed_up(filter, call);
    if (is_told != (error != 0 && arch == AUDIT_ARCH_X86_64 && told.contains(number)))
        FAIL_CHECK(number, is_told ? " is told" : " is not told");
    if (is_told && heddle::sandbox::errno_of_told(call) != error) FAIL_CHECK(number, " is answered with another errno");
    if (heddle::test::is_handed_up(quiet, call) || heddle::test::errno_of(quiet, call) != error)
        FAIL_CHECK(number, " is refused otherwise where there is no listener");
    return error;
}

std::vector<Arguments> samples() {
    std::vector<Arguments> all = {{}, {{any, any, any, any, any, any}}, {{1, 1, 1, 1, 1, 1}}};
    std::mt19937_64 random(3);
    for (int i = 0; i < 8; ++i) {
        Arguments one;
        for (auto& argument : one.a) argument = random();
        all.push_back(one);
    }
    return all;
}

std::string name_of(int number) {
    const std::unique_ptr<char, void (*)(void*)> name(::seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number),
                                                      ::free);
    return name ? name.get() : "";
}

}  // namespace

TEST_CASE("seccomp_numbers: the names in these tables are those of the numbers") {
    const auto check = [](int number, const char* name) {
        const std::string known = name_of(number);
        INFO(number, " ", known);
        if (!known.empty()) CHECK(known == name);
    };
    for (const auto& [number, row] : denied) check(number, row.first);
    for (const auto& [number, name] : by_argument) check(number, name);
    CHECK(name_of(101) == "ptrace");  // the library does know names
}

TEST_CASE("seccomp_numbers: of all numbers exactly those in the table are denied, whatever the arguments") {
    const auto arguments = samples();
    for (int number = 0; number <= newest; ++number) {
        if (by_argument.contains(number)) continue;
        const auto row = denied.find(number);
        INFO(number, " ", name_of(number));
        for (const auto& sample : arguments)
            CHECK(asked(number, sample) == (row == denied.end() ? 0 : row->second.second));
    }
}

TEST_CASE("seccomp_numbers: a call newer than the list is not there, as on an older kernel") {
    for (int number = newest + 1; number < numbers_end; ++number) {
        INFO(number);
        CHECK(asked(number) == ENOSYS);
    }
    for (const int number : {100'000, 0x3fff'ffff, 0x7fff'ffff, -1, -2, static_cast<int>(0x8000'0000)})
        CHECK(asked(number) == ENOSYS);
}

TEST_CASE("seccomp_numbers: no call gets in through another ABI") {
    for (int number = 0; number < numbers_end; ++number) {
        INFO(number);
        CHECK(asked(number | x32_bit) == ENOSYS);
        for (const std::uint32_t arch : {AUDIT_ARCH_I386 + 0u, AUDIT_ARCH_AARCH64 + 0u, AUDIT_ARCH_ARM + 0u, 0u})
            CHECK(asked(number, {}, arch) == ENOSYS);
    }
}

TEST_CASE("seccomp_numbers: clone makes threads and processes, unshare parts files, neither makes a namespace") {
    constexpr std::uint64_t namespaces = 0x7e02'0000, thread = 0x3d0f00, fork = 0x1200011, vfork = 0x4111;
    constexpr std::uint64_t harmless = 0x50f00;  // VM, FS, FILES, SIGHAND, THREAD, SYSVSEM
    for (const auto flags : {thread, fork, vfork}) CHECK(asked(SYS_clone, {{flags}}) == 0);
    CHECK(asked(SYS_unshare) == 0);
    std::mt19937_64 random(5);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t flags = i < 64 ? 1ull << i : random() & random() & random();
        INFO(flags);
        CHECK(asked(SYS_clone, {{flags}}) == ((flags & namespaces) != 0 ? EPERM : 0));
        CHECK(asked(SYS_unshare, {{flags}}) == ((flags & ~harmless) != 0 ? EPERM : 0));
    }
}

TEST_CASE("seccomp_numbers: sockets are local, of TCP, UDP, ping or routing; upper bits open no other") {
    const std::set<std::uint64_t> closed_protocols = {33 /* DCCP */, 115 /* L2TP */, 132 /* SCTP */, 136 /* UDP-Lite */,
                                                      256 /* SMC */};
    const auto expected = [&](std::uint64_t family, std::uint64_t type, std::uint64_t protocol) -> int {
        if (family == AF_UNIX) return 0;
        if (family == AF_NETLINK) return protocol == 0 ? 0 : EPERM;
        if (family != AF_INET && family != AF_INET6) return EAFNOSUPPORT;
        if ((type & 0xf) != SOCK_STREAM && (type & 0xf) != SOCK_DGRAM) return EPERM;
        return closed_protocols.contains(protocol) ? EPROTONOSUPPORT : 0;
    };
    for (std::uint64_t family = 0; family < 64; ++family) {
        for (std::uint64_t type = 0; type < 16; ++type) {
            for (const std::uint64_t protocol : {0, 1, 6, 9, 12, 15, 16, 17, 31, 33, 58, 115, 132, 136, 256, 262}) {
                if (family == AF_NETLINK && protocol > 31) continue;  // the kernel has no such protocol
                for (const std::uint64_t upper : upper_bits) {
                    for (const std::uint64_t flags : {0, SOCK_CLOEXEC | SOCK_NONBLOCK}) {
                        const Arguments call{{family | upper, type | flags | upper, protocol | upper}};
                        const int answer = asked(SYS_socket, call);
                        if (answer == expected(family, type, protocol)) continue;
                        INFO(family, " ", type, " ", protocol, " ", upper);
                        CHECK(answer == expected(family, type, protocol));
                    }
                }
            }
        }
    }
}

TEST_CASE("seccomp_numbers: pairs of sockets are local only") {
    for (std::uint64_t family = 0; family < 64; ++family) {
        for (const std::uint64_t upper : upper_bits) {
            INFO(family, " ", upper);
            CHECK(asked(SYS_socketpair, {{family | upper, SOCK_STREAM}}) == (family == AF_UNIX ? 0 : EAFNOSUPPORT));
        }
    }
}

TEST_CASE("seccomp_numbers: nobody types into a terminal, changes its driver, or holds up who opens a file") {
    const std::set<std::uint64_t> requests = {TIOCSTI, TIOCLINUX, TIOCSETD}, leases = {1024, 1040};
    for (std::uint64_t low = 0; low < 0x10000; ++low) {
        for (const std::uint64_t upper : upper_bits) {
            const int ioctl_answer = asked(SYS_ioctl, {{0, low | upper}});
            const int fcntl_answer = asked(SYS_fcntl, {{0, low | upper}});
            if (ioctl_answer != (requests.contains(low) ? EPERM : 0)) FAIL_CHECK("ioctl ", low, " ", upper);
            if (fcntl_answer != (leases.contains(low) ? EPERM : 0)) FAIL_CHECK("fcntl ", low, " ", upper);
        }
    }
    CHECK(asked(SYS_ioctl, {{0, 0x4008'0000 | TIOCSTI}}) == 0);  // another request that ends the same
}

TEST_CASE("seccomp_numbers: no mode with a set-id bit, by any call that takes a mode") {
    struct Taker {
        int number;
        std::size_t mode;
    };
    for (const auto& [number, at] : {Taker{SYS_chmod, 1},
                                     {SYS_fchmod, 1},
                                     {SYS_fchmodat, 2},
                                     {452, 2},
                                     {SYS_creat, 1},
                                     {SYS_mknod, 1},
                                     {SYS_mknodat, 2}}) {
        for (std::uint64_t mode = 0; mode <= 0177777; ++mode) {
            for (const std::uint64_t upper : upper_bits) {
                Arguments call;
                call.a[at] = mode | upper;
                if (asked(number, call) != ((mode & 06000) != 0 ? EPERM : 0)) FAIL_CHECK(number, " ", mode, " ", upper);
            }
        }
    }
}

TEST_CASE("seccomp_numbers: open makes no set-id file, and reads with any mode at all") {
    for (const std::uint64_t flags : {O_RDONLY, O_RDWR | O_CLOEXEC, O_CREAT, O_CREAT | O_EXCL | O_WRONLY, O_TMPFILE,
                                      O_TMPFILE | O_RDWR | O_EXCL, O_DIRECTORY}) {
        const bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;  // half of O_TMPFILE is EINVAL
        for (std::uint64_t mode = 0; mode <= 07777; ++mode) {
            for (const std::uint64_t upper : upper_bits) {
                const int expected = makes && (mode & 06000) != 0 ? EPERM : 0;
                if (asked(SYS_open, {{0, flags | upper, mode | upper}}) != expected) FAIL_CHECK("open ", flags, mode);
                if (asked(SYS_openat, {{0, 0, flags | upper, mode | upper}}) != expected)
                    FAIL_CHECK("openat ", flags, mode);
            }
        }
    }
}

TEST_CASE("seccomp_numbers: limits are one's own, and so is the map of memory") {
    CHECK(asked(SYS_prlimit64) == 0);
    for (const std::uint64_t pid : {1ull, 2ull, 0xffff'ffffull, 1ull << 33 | 1})
        CHECK(asked(SYS_prlimit64, {{pid}}) == EPERM);
    for (std::uint64_t option = 0; option < 256; ++option) {
        for (const std::uint64_t upper : upper_bits) {
            INFO(option, " ", upper);
            CHECK(asked(SYS_prctl, {{option | upper}}) == (option == PR_SET_MM ? EPERM : 0));
        }
    }
}

TEST_CASE("seccomp_numbers: the huge pages that the host keeps in reserve are not for guests") {
    for (int bit = 0; bit < 64; ++bit) {
        INFO(bit);
        const std::uint64_t flags = 1ull << bit;
        CHECK(asked(SYS_mmap, {{0, 4096, 3, flags}}) == (flags == MAP_HUGETLB ? ENOMEM : 0));
        CHECK(asked(SYS_memfd_create, {{0, flags}}) == (flags == MFD_HUGETLB ? ENOMEM : 0));
    }
    CHECK(asked(SYS_mmap, {{0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE}}) == 0);
    CHECK(asked(SYS_mmap, {{0, 4096, 3, any}}) == ENOMEM);
}

TEST_CASE("seccomp_numbers: a guest may filter its own calls, but has no listener for them") {
    constexpr std::uint64_t new_listener = 8;
    for (std::uint64_t operation = 0; operation < 8; ++operation) {
        for (std::uint64_t flags = 0; flags < 64; ++flags) {
            for (const std::uint64_t upper : upper_bits) {
                const int expected = operation == 1 && (flags & new_listener) != 0 ? EINVAL : 0;
                if (asked(SYS_seccomp, {{operation | upper, flags | upper}}) != expected)
                    FAIL_CHECK(operation, " ", flags, " ", upper);
            }
        }
    }
}

TEST_CASE("seccomp_numbers: what is told is named as in the table of the denied, with any name of a program") {
    using heddle::sandbox::line_of_told;
    for (int number = -1; number < numbers_end; ++number) {
        INFO(number);
        CHECK(heddle::sandbox::is_told(number) == told.contains(number));
        const std::string line = line_of_told(number, "p\n\"");
        const auto row = denied.find(number);
        const auto by = by_argument.find(number);
        if (!told.contains(number)) {
            CHECK(line.empty());
        } else {
            const std::string name = row == denied.end() ? by->second : row->second.first;
            CHECK(line.rfind("blocked " + name + "(2) by \"p\\x0a\\x22\": ", 0) == 0);
        }
    }
    CHECK(line_of_told(165, "mount") == "blocked mount(2) by mount: the sandbox gives no mounts");
}
