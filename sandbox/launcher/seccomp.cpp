// sandbox/launcher/seccomp.cpp: A deny list, for a general machine: compilers, interpreters and servers run unchanged.
//
// What a program can do without gets ENOSYS, so that it falls back; the rest gets EPERM.
//
// Some refusals are told (blocked_calls): the kernel hands the call to the guest's PID 1, which answers with the errno
// that stands here in the low bits. It never lets a call go on. A listener of a guest's own could: on a filter put on
// later it takes precedence for what both hand up. So a guest gets none.
#include "sandbox/launcher/seccomp.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/launcher/new_calls.h"
#include "sandbox/launcher/seccomp_rules.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

constexpr std::uint64_t families_end = 64;

constexpr std::uint64_t namespace_flags[] = {0x00020000 /* mount */,
                                             0x02000000 /* cgroup */,
                                             0x04000000 /* uts */,
                                             0x08000000 /* ipc */,
                                             0x10000000 /* user */,
                                             0x20000000 /* pid */,
                                             0x40000000 /* net */};

// What unshare may part: CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM. The rest is namespaces, of today or to come.
constexpr std::uint64_t unshare_allowed = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000;

constexpr std::uint64_t socket_type_mask = 0xf, socket_types_end = 16;

void deny_whole_calls(Rules& rules) {
    rules.deny_all({SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(move_mount), SCMP_SYS(open_tree), SCMP_SYS(fsopen),
                    SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
                    call_open_tree_attr, SCMP_SYS(pivot_root), SCMP_SYS(chroot)},
                   EPERM);
    rules.deny_all({SCMP_SYS(setns), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
                    SCMP_SYS(process_madvise), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(move_pages),
                    SCMP_SYS(migrate_pages)},
                   EPERM);
    rules.deny_all(
        {SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(bpf), SCMP_SYS(perf_event_open),
         SCMP_SYS(userfaultfd), SCMP_SYS(fanotify_init), SCMP_SYS(open_by_handle_at), SCMP_SYS(modify_ldt),
         SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(remap_file_pages), SCMP_SYS(lookup_dcookie), SCMP_SYS(vhangup)},
        EPERM);
    rules.deny_all({SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
                    SCMP_SYS(delete_module), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(quotactl),
                    call_quotactl_fd, SCMP_SYS(acct), SCMP_SYS(syslog), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
                    SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname), SCMP_SYS(setdomainname)},
                   EPERM);
    // Relics of the kernel; ustat tells how full any file system of the host is.
    rules.deny_all({SCMP_SYS(uselib), SCMP_SYS(ustat), SCMP_SYS(sysfs), SCMP_SYS(_sysctl)}, ENOSYS);
    // The host has one budget of requests in flight for all (fs.aio-max-nr), and one guest could take it whole.
    rules.deny(SCMP_SYS(io_setup), ENOSYS);
    // io_uring makes calls that no filter sees; the flags of clone3 and the mode of openat2 lie behind a pointer.
    rules.deny_all({SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(clone3),
                    SCMP_SYS(openat2), call_memfd_secret},
                   ENOSYS);
}

void deny_namespaces(Rules& rules) {
    for (const std::uint64_t flag : namespace_flags) rules.deny(SCMP_SYS(clone), EPERM, {has_bits(0, flag)});
    // A number above that of all flags together has a bit that none of them has; the kernel reads all 64.
    rules.deny(SCMP_SYS(unshare), EPERM, {{0, SCMP_CMP_GT, unshare_allowed, 0}});
    for (std::uint64_t flag = 1; flag < unshare_allowed; flag <<= 1)
        if ((flag & unshare_allowed) == 0) rules.deny(SCMP_SYS(unshare), EPERM, {has_bits(0, flag)});
}

void deny_socket_pairs(Rules& rules) {
    for (const auto& family : ints_but(0, families_end, {AF_UNIX}))  // it makes a socket first, and TIPC has pairs
        rules.deny(SCMP_SYS(socketpair), EAFNOSUPPORT, {family});
}

// The guest's network namespace is empty, so the ordinary families may stay; the others are kernel surface, and vsock
// reaches the machine that this one runs on.
void deny_sockets(Rules& rules) {
    constexpr std::uint64_t netlink_protocols_end = 32;
    constexpr std::uint64_t odd_protocols[] = {IPPROTO_DCCP, 115 /* L2TP */, IPPROTO_SCTP, IPPROTO_UDPLITE,
                                               256 /* SMC */};
    for (const auto& family : ints_but(0, families_end, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}))
        rules.deny(SCMP_SYS(socket), EAFNOSUPPORT, {family});
    for (const auto& protocol : ints_but(2, netlink_protocols_end, {NETLINK_ROUTE}))  // which ip and getifaddrs speak
        rules.deny(SCMP_SYS(socket), EPERM, {equals_int(0, AF_NETLINK), protocol});
    // Of the internet families TCP, UDP and ping stay. SOCK_PACKET would become a packet socket; the other types and
    // protocols load modules that few machines need and that have let guests in before.
    for (const std::uint64_t family : {AF_INET, AF_INET6}) {
        for (const auto& type : ints_but(1, socket_types_end, {SOCK_STREAM, SOCK_DGRAM}, socket_type_mask))
            rules.deny(SCMP_SYS(socket), EPERM, {equals_int(0, family), type});
        for (const std::uint64_t type : {SOCK_STREAM, SOCK_DGRAM})
            for (const std::uint64_t protocol : odd_protocols)
                rules.deny(
                    SCMP_SYS(socket), EPROTONOSUPPORT,
                    {equals_int(0, family), {1, SCMP_CMP_MASKED_EQ, socket_type_mask, type}, equals_int(2, protocol)});
    }
}

// A file with a set-id bit in the workspace would lend its owner's rights to everybody on the host.
void deny_set_id(Rules& rules) {
    for (const std::uint64_t bit : {S_ISUID, S_ISGID}) {
        rules.deny(SCMP_SYS(chmod), EPERM, {has_bits(1, bit)});
        rules.deny(SCMP_SYS(fchmod), EPERM, {has_bits(1, bit)});
        rules.deny(SCMP_SYS(fchmodat), EPERM, {has_bits(2, bit)});
        rules.deny(call_fchmodat2, EPERM, {has_bits(2, bit)});
        rules.deny(SCMP_SYS(creat), EPERM, {has_bits(1, bit)});
        rules.deny(SCMP_SYS(mknod), EPERM, {has_bits(1, bit)});
        rules.deny(SCMP_SYS(mknodat), EPERM, {has_bits(2, bit)});
        for (const std::uint64_t makes_file : {O_CREAT, __O_TMPFILE}) {  // without these the mode is arbitrary
            rules.deny(SCMP_SYS(open), EPERM, {has_bits(1, makes_file), has_bits(2, bit)});
            rules.deny(SCMP_SYS(openat), EPERM, {has_bits(2, makes_file), has_bits(3, bit)});
        }
    }
}

void deny_arguments(Rules& rules) {
    constexpr int fcntl_set_lease = 1024, fcntl_set_delegation = 1040;  // the latter of Linux 6.19
    for (const std::uint64_t request : {TIOCSTI, TIOCLINUX, TIOCSETD})  // type into a terminal, or change its driver
        rules.deny(SCMP_SYS(ioctl), EPERM, {equals_int(1, request)});
    rules.deny(SCMP_SYS(prlimit64), EPERM, {{0, SCMP_CMP_NE, 0, 0}});  // limits of others, PID 1 among them
    rules.deny(SCMP_SYS(prctl), EPERM, {equals_int(0, PR_SET_MM)});    // what /proc says about a process
    // Whoever on the host opens a file under a lease waits for its holder, up to 45 seconds.
    for (const std::uint64_t command : {fcntl_set_lease, fcntl_set_delegation})
        rules.deny(SCMP_SYS(fcntl), EPERM, {equals_int(1, command)});
    rules.deny(SCMP_SYS(seccomp), EINVAL,
               {equals_int(0, SECCOMP_SET_MODE_FILTER), has_bits(1, SECCOMP_FILTER_FLAG_NEW_LISTENER)});
    // The host's reserve of huge pages counts as nobody's memory; to a program an empty one looks like this.
    rules.deny(SCMP_SYS(mmap), ENOMEM, {has_bits(3, MAP_HUGETLB)});
    rules.deny(SCMP_SYS(memfd_create), ENOMEM, {has_bits(1, MFD_HUGETLB)});
}

// Without namespaces the host's sockets, queues and processes are there, and Landlock has no say over most of them.
void deny_the_hosts(Rules& rules, bool has_network) {
    constexpr int fcntl_set_owner = 8, fcntl_set_owner_ex = 15;
    constexpr std::uint64_t ioctl_set_owner = 0x8901, ioctl_set_group = 0x8902, io_priority_of_user = 3;
    // A socket with a name of its own can reach any that has one: Docker's, the user's session. A pair needs no name;
    // but one of datagrams can be sent to a name all the same. Programs ask for sockets as a matter of course (whoever
    // looks up a user does), so these refusals are not told.
    if (has_network)
        rules.deny_silently(SCMP_SYS(socket), EAFNOSUPPORT, {equals_int(0, AF_UNIX)});
    else
        rules.deny_silently(SCMP_SYS(socket), EAFNOSUPPORT);
    for (const auto& type : ints_but(1, socket_types_end, {SOCK_STREAM, SOCK_SEQPACKET}, socket_type_mask))
        rules.deny(SCMP_SYS(socketpair), EPERM, {equals_int(0, AF_UNIX), type});
    // As a kernel that was built without them.
    rules.deny_all({SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(shmdt), SCMP_SYS(semget),
                    SCMP_SYS(semop), SCMP_SYS(semtimedop), SCMP_SYS(semctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd),
                    SCMP_SYS(msgrcv), SCMP_SYS(msgctl), SCMP_SYS(mq_open), SCMP_SYS(mq_unlink)},
                   ENOSYS);
    // Of the same user on the host; one's own threads are named by 0.
    for (const int call :
         {SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_setparam), SCMP_SYS(sched_setattr)})
        rules.deny(call, EPERM, {{0, SCMP_CMP_NE, 0, 0}});
    for (const int call : {SCMP_SYS(setpriority), SCMP_SYS(ioprio_set)})
        rules.deny(call, EPERM, {{1, SCMP_CMP_NE, 0, 0}});
    rules.deny(SCMP_SYS(setpriority), EPERM, {equals_int(0, PRIO_USER), {1, SCMP_CMP_EQ, 0, 0}});
    rules.deny(SCMP_SYS(ioprio_set), EPERM, {equals_int(0, io_priority_of_user), {1, SCMP_CMP_EQ, 0, 0}});
    for (const int command : {fcntl_set_owner, fcntl_set_owner_ex})  // whom a signal reaches when there is input
        rules.deny(SCMP_SYS(fcntl), EPERM, {equals_int(1, static_cast<std::uint64_t>(command))});
    for (const std::uint64_t request : {ioctl_set_owner, ioctl_set_group})
        rules.deny(SCMP_SYS(ioctl), EPERM, {equals_int(1, request)});
    // Whoever on the host opens a fifo waits for its other end.
    rules.deny(SCMP_SYS(mknod), EPERM, {{1, SCMP_CMP_MASKED_EQ, S_IFMT, S_IFIFO}});
    rules.deny(SCMP_SYS(mknodat), EPERM, {{2, SCMP_CMP_MASKED_EQ, S_IFMT, S_IFIFO}});
}

void deny_everywhere(Rules& rules) {
    deny_whole_calls(rules);
    deny_namespaces(rules);
    deny_set_id(rules);
    deny_arguments(rules);
}

}  // namespace

SeccompFilter compile_seccomp() {
    Rules rules;
    deny_everywhere(rules);
    deny_socket_pairs(rules);
    deny_sockets(rules);
    return rules.compile();
}

SeccompFilter compile_lone_seccomp(bool has_network) {
    Rules rules;
    deny_everywhere(rules);
    deny_socket_pairs(rules);
    if (has_network) deny_sockets(rules);
    deny_the_hosts(rules, has_network);
    return rules.compile();
}

SeccompFilter without_notices(SeccompFilter filter) {
    for (sock_filter& instruction : filter)
        if (answers(instruction, SECCOMP_RET_USER_NOTIF))
            instruction.k = SECCOMP_RET_ERRNO | (instruction.k & SECCOMP_RET_DATA);
    return filter;
}

Fd apply_seccomp(const SeccompFilter& filter) {
    const auto put_on = [](const SeccompFilter& program, unsigned flags) {
        const sock_fprog given{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
        return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &given));
    };
    seccomp_notif_sizes sizes{};
    const bool knows_notices = ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
                               sizes.seccomp_notif <= sizeof(seccomp_notif) &&
                               sizes.seccomp_notif_resp <= sizeof(seccomp_notif_resp);
    if (knows_notices) {
        const int listener = put_on(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER);
        if (listener >= 0) return Fd(listener);
        // A container that listens to its own calls leaves no room for another listener, and our own filter, within
        // another guest, none at all.
        if (errno != EBUSY && errno != EINVAL) throw SetupError(Step::seccomp, "put on the seccomp filter", errno);
    }
    check(put_on(without_notices(filter), 0), Step::seccomp, "put on the seccomp filter");
    return {};
}

}  // namespace heddle::sandbox
