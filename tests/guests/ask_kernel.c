// tests/guests/ask_kernel.c: Asks the kernel for all that a guest must not get; one line "name errno" for each.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

static void report(const char* name, long result) {
    printf("%s %d\n", name, result < 0 ? errno : 0);
}

#define ASK(name, ...) report(name, syscall(__VA_ARGS__))
#define HIGH(value) ((unsigned long)(value) | 1UL << 33)  // the kernel reads the lower 32 bits of an int

static void ask_for_mounts(void) {
    ASK("mount", SYS_mount, "tmpfs", "/tmp", "tmpfs", 0, 0);
    ASK("bind", SYS_mount, "/", "/tmp", 0, MS_BIND | MS_REC, 0);
    ASK("remount", SYS_mount, 0, "/usr", 0, MS_REMOUNT | MS_BIND, 0);
    ASK("umount2", SYS_umount2, "/proc", MNT_DETACH);
    ASK("move_mount", SYS_move_mount, -1, "", -1, "/tmp", 0);
    ASK("open_tree", SYS_open_tree, AT_FDCWD, "/", 1);
    ASK("fsopen", SYS_fsopen, "tmpfs", 0);
    ASK("mount_setattr", SYS_mount_setattr, AT_FDCWD, "/", 0, 0, 0);
    ASK("open_tree_attr", 467, AT_FDCWD, "/", 1, 0, 0);
    ASK("pivot_root", SYS_pivot_root, ".", ".");
    ASK("chroot", SYS_chroot, "/tmp");
}

static void ask_for_namespaces(void) {
    ASK("unshare_user", SYS_unshare, CLONE_NEWUSER);
    ASK("unshare_net", SYS_unshare, CLONE_NEWNET);
    ASK("unshare_mount", SYS_unshare, CLONE_NEWNS);
    ASK("clone_user", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    ASK("clone3", SYS_clone3, 0, 0);
    ASK("setns", SYS_setns, open("/proc/self/ns/net", O_RDONLY), 0);
}

static void ask_for_others(void) {
    ASK("ptrace_init", SYS_ptrace, PTRACE_SEIZE, 1, 0, 0);
    ASK("process_vm_readv", SYS_process_vm_readv, 1, 0, 0, 0, 0, 0);
    ASK("pidfd_getfd", SYS_pidfd_getfd, syscall(SYS_pidfd_open, 1, 0), 0, 0);
    ASK("kcmp", SYS_kcmp, 1, getpid(), 0, 0, 0);
    struct rlimit none = {0, 0};
    ASK("prlimit_init", SYS_prlimit64, 1, RLIMIT_NOFILE, &none, 0);
    report("environ_init", open("/proc/1/environ", O_RDONLY));
    report("mem_init", open("/proc/1/mem", O_RDWR));
    report("fd_init", open("/proc/1/fd/0", O_RDONLY));
    report("root_init", open("/proc/1/root", O_RDONLY));
    report("exe_init", open("/proc/1/exe", O_RDONLY));
}

static void ask_for_the_kernel(void) {
    ASK("keyctl", SYS_keyctl, 0, -3, 0, 0, 0);
    ASK("add_key", SYS_add_key, "user", "a", "b", 1, -3);
    ASK("request_key", SYS_request_key, "user", "a", 0, -3);
    ASK("bpf", SYS_bpf, 0, 0, 0);
    ASK("perf_event_open", SYS_perf_event_open, 0, 0, -1, -1, 0);
    ASK("userfaultfd", SYS_userfaultfd, 1);
    ASK("io_uring_setup", SYS_io_uring_setup, 4, 0);
    ASK("open_by_handle_at", SYS_open_by_handle_at, AT_FDCWD, 0, 0);
    ASK("fanotify_init", SYS_fanotify_init, 0, 0);
    ASK("memfd_secret", 447, 0);
    ASK("kexec_load", SYS_kexec_load, 0, 0, 0, 0);
    ASK("init_module", SYS_init_module, 0, 0, "");
    ASK("swapon", SYS_swapon, "/tmp", 0);
    ASK("reboot", SYS_reboot, 0xfee1dead, 672274793, 0, 0);
    ASK("syslog", SYS_syslog, 3, 0, 0);
    ASK("acct", SYS_acct, 0);
    struct timeval now = {1, 0};
    ASK("settimeofday", SYS_settimeofday, &now, 0);
    ASK("clock_settime", SYS_clock_settime, 0, &now);
    ASK("sethostname", SYS_sethostname, "evil", 4);
#ifdef __x86_64__
    ASK("iopl", SYS_iopl, 3);
    ASK("modify_ldt", SYS_modify_ldt, 0, 0, 0);
    ASK("x32_getpid", 0x40000000 | SYS_getpid);
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    printf("i386_getpid %ld\n", result < 0 ? -result : 0);
#endif
}

static void ask_for_sockets(void) {
    ASK("vsock", SYS_socket, AF_VSOCK, SOCK_STREAM, 0);
    ASK("vsock_high", SYS_socket, HIGH(AF_VSOCK), SOCK_STREAM, 0);
    ASK("packet", SYS_socket, AF_PACKET, SOCK_RAW, 0);
    ASK("raw", SYS_socket, AF_INET, SOCK_RAW, 1);
    ASK("raw_high", SYS_socket, HIGH(AF_INET), HIGH(SOCK_RAW), 1);
    ASK("alg", SYS_socket, AF_ALG, SOCK_SEQPACKET, 0);
    ASK("netfilter", SYS_socket, AF_NETLINK, SOCK_DGRAM, 12);
}

static void ask_for_set_id(void) {
    const int file = open("set_id", O_CREAT | O_RDWR, 0755);
    ASK("chmod", SYS_chmod, "set_id", 04755);
    ASK("chmod_high", SYS_chmod, "set_id", HIGH(04755));
    ASK("fchmod", SYS_fchmod, file, 02755);
    ASK("fchmodat", SYS_fchmodat, AT_FDCWD, "set_id", 04755);
    ASK("fchmodat2", 452, AT_FDCWD, "set_id", 04755, 0);
    ASK("openat_set_id", SYS_openat, AT_FDCWD, "set_id_2", O_CREAT | O_WRONLY, 04755);
    ASK("creat_set_id", SYS_creat, "set_id_3", 04755);
    ASK("openat2", SYS_openat2, AT_FDCWD, "x", 0, 0);
    ASK("mknod_disk", SYS_mknod, "disk", S_IFBLK | 0600, makedev(8, 0));
    ASK("mknod_mem", SYS_mknod, "mem", S_IFCHR | 0600, makedev(1, 1));
}

static void ask_for_the_terminal(void) {
    const int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    ASK("tiocsti", SYS_ioctl, terminal, TIOCSTI, "x");
    ASK("tiocsti_high", SYS_ioctl, terminal, HIGH(TIOCSTI), "x");
    ASK("tioclinux", SYS_ioctl, terminal, TIOCLINUX, "\x02");
}

static void ask_for_rights(void) {
    report("setuid", setuid(0));
    report("capset", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
    report("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -1);
    report("nice", setpriority(PRIO_PROCESS, 0, -20));
    report("core_limit", setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1}));
}

int main(void) {
    ask_for_mounts();
    ask_for_namespaces();
    ask_for_others();
    ask_for_the_kernel();
    ask_for_sockets();
    ask_for_set_id();
    ask_for_the_terminal();
    ask_for_rights();
    return 0;
}
