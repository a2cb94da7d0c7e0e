// tests/sandbox/attacks/knobs.cpp: Knobs, counters and names of the machine (P58 to P65, P75 to P78).
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "tests/sandbox/attacks/attack.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using sandbox::Outcome;
using sandbox::Result;

Seen list_descriptors(Range& range) {
    range.add_guest("list_fds");
    return compare(range.run({"./list_fds"}), {"0\n1\n2\n"});
}

Seen dump_core(Range& range) {
    const Result result = range.bash("ulimit -c unlimited 2>/dev/null; kill -SEGV $$");
    const bool is_told = result.outcome.kind == Outcome::Kind::signaled && result.outcome.code == SIGSEGV;
    return check_that(is_told && fs::is_empty(range.work()), "SIGSEGV, no core", result);
}

// While the guest holds all that it can get, others of the same user on the host must still get one.
Seen exhaust_inotify(Range& range) {
    sandbox::Session session = range.sandbox->open(range.policy);
    auto holder = session.start(
        range.command({"python3", "-c",
                       "import ctypes, time\nc = ctypes.CDLL(None, use_errno=True)\nn = 0\nwhile n < 3000 and "
                       "c.inotify_init1(0) >= 0: n += 1\nprint(n, ctypes.get_errno(), flush=True)\ntime.sleep(60)"}));
    std::string text;
    while (text.find('\n') == text.npos && !holder.ended()) text += holder.read(1s);
    const int ours = ::inotify_init1(IN_CLOEXEC);
    const bool host_has_some = ours >= 0;
    if (ours >= 0) ::close(ours);
    const Result result =
        said("guest: " + text + (host_has_some ? "" : "; the host's own inotify_init1 fails meanwhile"));
    const int made = std::atoi(text.c_str());
    return check_that(host_has_some && made > 0 && made < 3000, "EMFILE after " + std::to_string(made), result);
}

Seen huge_argument(Range& range) {
    const Result result = range.run({"echo", std::string(3'000'000, 'x')});
    const bool is_there = range.bash("echo again").out.text() == "again\n";
    const bool is_told =
        result.outcome.code == 126 && result.err.text().find("Argument list too long") != std::string::npos;
    return check_that(is_told && is_there, "E2BIG", result);
}

Seen large_environment(Range& range) {
    sandbox::Command command = range.command({"bash", "-c", "echo ${#V0} ${#V9}"});
    for (int i = 0; i < 10; ++i) command.environment["V" + std::to_string(i)] = std::string(100'000, 'x');
    return compare(range.sandbox->run(command, range.policy), {"100000 100000\n"});
}

std::vector<Attack> attacks_on_the_machine() {
    return {
        {"P58", "kernel information",
         bash("dmesg 2>&1 >/dev/null | tail -1 >&2; grep -vc '^0* ' /proc/kallsyms; cat /proc/kallsyms /proc/kcore "
              "/proc/timer_list /proc/keys /proc/sched_debug 2>/dev/null | grep -av '^0* ' | wc -c",
              {"0\n0\n", {"EPERM"}}),
         bash("uname -s; nproc >/dev/null && head -c 1 /proc/meminfo", {"Linux\nM"})},
        {"P59", "kernel knobs",
         asks("ask_more",
              {"core_pattern", "sysrq", "binfmt", "swappiness", "drop_caches", "hostname_file", "pid_max",
               "max_user_namespaces", "ip_forward", "modprobe", "uevent_helper", "uid_map"},
              {"EROFS", "EACCES", "EPERM", "ENOENT"}),
         bash("cat /proc/sys/kernel/ostype", {"Linux\n"})},
        {"P60", "cgroups",
         bash("ls /sys/fs/cgroup/* 2>&1 >/dev/null | tail -1 >&2; mkdir m; mount -t cgroup2 c m; echo $$ > "
              "/sys/fs/cgroup/cgroup.procs; true",
              {"", {"ENOENT", "EPERM", "EACCES"}}),
         bash("cat /proc/self/cgroup | wc -l | grep -q . && echo ok", {"ok\n"})},
        {"P61", "the launcher's program",
         asks("ask_more", {"exe_of_init", "exe_of_self"}, {"ETXTBSY", "EACCES", "EPERM"}),
         bash("printf '#!/bin/sh\\necho script\\n' > s; chmod +x s; ./s", {"script\n"})},
        {"P61", "a script that is run by it",
         bash("printf '#!/proc/1/exe\\n' > s; printf '#!/proc/self/exe\\n' > t; chmod +x s t; (exec ./s) </dev/null; "
              "timeout 5 ./t </dev/null 2>/dev/null; echo evil > $LAUNCHER; true",
              {"", {"EACCES", "EPERM", "ENOENT", "EROFS"}}),
         bash("printf '#!/usr/bin/env bash\\necho script\\n' > s; chmod +x s; ./s", {"script\n"})},
        {"P62", "inherited descriptors", list_descriptors, bash("exec 5<>f; echo x >&5; cat f", {"x\n"})},
        {"P63", "core dump", dump_core, bash("(kill -SEGV $BASHPID) 2>/dev/null; echo $?", {"139\n"})},
        {"P64", "inotify exhaustion", exhaust_inotify,
         python(
             "import ctypes\nc = ctypes.CDLL(None)\nf = c.inotify_init1(0)\nprint(c.inotify_add_watch(f, b'.', 256))",
             {"1\n"})},
    };
}

}  // namespace

std::vector<Attack> attacks_on_knobs() {
    std::vector<Attack> all = attacks_on_the_machine();
    const std::vector<Attack> more = {
        {"P65", "a huge argument", huge_argument, large_environment},
        {"P75", "clock", asks("ask_more", {"clock_set", "adjtimex", "clock_adjtime", "rtc"}, {"EPERM", "ENOENT"}),
         bash("date -d @0 -u +%Y; TZ=UTC date +%Y | wc -c", {"1970\n5\n"})},
        {"P75", "clock by date", bash("date -s \"$(date -R)\" >/dev/null", {"", {"EPERM"}, Outcome::Kind::exited, 1}),
         bash("touch -d 2001-01-01 f; stat -c %Y f >/dev/null && echo ok", {"ok\n"})},
        {"P76", "priorities",
         asks("ask_more", {"nice", "fifo", "ioprio_realtime", "oom_score", "nice_of_init"}, {"EPERM", "EACCES"}),
         bash("nice -n 5 nice; ionice -c 3 true && echo ok", {"5\nok\n"})},
        {"P77", "host name",
         bash("hostname $(uname -n); : >> /proc/sys/kernel/hostname && echo opened; uname -n",
              {"heddle\n", {"EPERM", "EROFS", "EACCES"}}),
         bash("python3 -c 'import socket; print(socket.gethostbyname(socket.gethostname()))'", {"127.0.0.1\n"})},
        {"P78", "persona tricks", asks("ask_more", {"set_mm"}, {"EPERM"}),
         bash("setarch -R true && setarch --read-implies-exec cat /proc/self/comm", {"cat\n"})},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
