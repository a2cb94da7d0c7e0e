// tests/guests/ask_more.c: Asks for what only harms a machine whose sandbox failed a little; one line "name errno"
// each.
//
// Nothing here changes anything, even if it is allowed: clocks are set to what they are, files opened and not written.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/quota.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void report(const char* name, long result) {
    printf("%s %d\n", name, result < 0 ? errno : 0);
}

#define ASK(name, ...) report(name, syscall(__VA_ARGS__))
#define HIGH(value) ((unsigned long)(value) | 1UL << 33)  // the kernel reads the lower 32 bits of an int

static void report_open(const char* name, const char* path) {
    const int file = open(path, O_WRONLY | O_APPEND);
    report(name, file);
    if (file >= 0) close(file);
}

// Every namespace of every process that is seen; tells of the first that lets it in.
static void enter_namespaces(void) {
    const char* const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    int entered = 0, last = EPERM;
    DIR* processes = opendir("/proc");
    for (struct dirent* entry; processes && (entry = readdir(processes));) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
            char path[512];
            snprintf(path, sizeof path, "/proc/%s/ns/%s", entry->d_name, kinds[i]);
            const int space = open(path, O_RDONLY);
            if (space < 0) continue;
            if (syscall(SYS_setns, space, 0) == 0)
                entered = 1;
            else
                last = errno;
            close(space);
        }
    }
    errno = last;
    report("setns_all", entered ? 0 : -1);
}

static void climb(void) {
    mkdir("hole", 0755);
    const int here = open(".", O_RDONLY);
    const int dug = chroot("hole");
    report("chroot_hole", dug);
    if (dug < 0) return;
    report("fchdir_out", fchdir(here));
    for (int i = 0; i < 40; ++i)
        if (chdir("..") != 0) break;
    report("chroot_out", chroot("."));
}

static void ask_for_knobs(void) {
    report_open("core_pattern", "/proc/sys/kernel/core_pattern");
    report_open("sysrq", "/proc/sysrq-trigger");
    report_open("binfmt", "/proc/sys/fs/binfmt_misc/register");
    report_open("swappiness", "/proc/sys/vm/swappiness");
    report_open("drop_caches", "/proc/sys/vm/drop_caches");
    report_open("hostname_file", "/proc/sys/kernel/hostname");
    report_open("pid_max", "/proc/sys/kernel/pid_max");
    report_open("max_user_namespaces", "/proc/sys/user/max_user_namespaces");
    report_open("ip_forward", "/proc/sys/net/ipv4/ip_forward");
    report_open("modprobe", "/proc/sys/kernel/modprobe");
    report_open("uevent_helper", "/sys/kernel/uevent_helper");
    report_open("cgroup_procs", "/sys/fs/cgroup/cgroup.procs");
    report_open("release_agent", "/sys/fs/cgroup/memory/release_agent");
    report_open("uid_map", "/proc/1/uid_map");
}

static void ask_for_the_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct timex nothing = {.modes = ADJ_TICK, .tick = 10000};
    ASK("clock_set", SYS_clock_settime, CLOCK_REALTIME, &now);
    ASK("adjtimex", SYS_adjtimex, &nothing);
    ASK("clock_adjtime", SYS_clock_adjtime, CLOCK_REALTIME, &nothing);
    report_open("rtc", "/dev/rtc0");
}

static void ask_for_precedence(void) {
    struct sched_param high = {.sched_priority = 1};
    report("nice", setpriority(PRIO_PROCESS, 0, -20));
    report("fifo", sched_setscheduler(0, SCHED_FIFO, &high));
    ASK("ioprio_realtime", SYS_ioprio_set, 1, 0, 1 << 13);
    const int score = open("/proc/self/oom_score_adj", O_WRONLY);
    report("oom_score", score < 0 ? -1 : write(score, "-900", 4));
    ASK("nice_of_init", SYS_setpriority, PRIO_PROCESS, 1, getpriority(PRIO_PROCESS, 1) - 1);
}

static void ask_for_the_rest(void) {
    ASK("clone_mount", SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
    ASK("pivot_root", SYS_pivot_root, "/", "/");
    ASK("fsmount", SYS_fsmount, -1, 0, 0);
    ASK("open_tree", SYS_open_tree, AT_FDCWD, "/", 0);
    ASK("quotactl", SYS_quotactl, QCMD(Q_GETFMT, USRQUOTA), "/dev/sda", 0, 0);
    ASK("delete_module", SYS_delete_module, "none-such", 0);
    ASK("set_mm", SYS_prctl, PR_SET_MM, PR_SET_MM_BRK, 1, 0, 0);
    // Of two listeners the later one would be asked, and may let a call go on.
    struct sock_filter hand_up = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog program = {1, &hand_up};
    ASK("own_listener", SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    ASK("own_listener_high", SYS_seccomp, SECCOMP_SET_MODE_FILTER, HIGH(SECCOMP_FILTER_FLAG_NEW_LISTENER), &program);
    ASK("ptracer_any", SYS_ptrace, 16, 1, 0, 0);
    report_open("exe_of_init", "/proc/1/exe");
    report_open("exe_of_self", "/proc/self/exe");
    report_open("mem_of_init", "/proc/1/mem");
    report_open("disk", "/dev/sda");
    report_open("memory", "/dev/mem");
    report_open("kmsg", "/dev/kmsg");
    report_open("kvm", "/dev/kvm");
    report_open("fuse", "/dev/fuse");
    report_open("tun", "/dev/net/tun");
}

int main(void) {
    enter_namespaces();
    climb();
    ask_for_knobs();
    ask_for_the_clock();
    ask_for_precedence();
    ask_for_the_rest();
    return 0;
}
