// tests/sandbox/attacks/lone.cpp: What changes in the list for guests without namespaces, each with its reason.
//
// A row that is named here is not asked there, or its expectation is another; the rows of attacks_on_a_lone_guest() ask
// what can be asked. Nothing here may harm a host on which rules do not hold: it aims at processes of the test alone.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using sandbox::Outcome;
using sandbox::Result;

const std::string host_shown = "view: the host's processes and names are seen, though not reached";
const std::string no_disk = "disk: what is written in sum is bounded by nobody";
const std::string no_sockets = "asked by rows of its own: there are no sockets but pairs";
const std::string own_rows = "asked by a row of its own";

// A process of the test, with a name that no guest has.
Seen signal_others(Range& range) {
    const pid_t bystander = ::fork();
    if (bystander == 0)
        for (;;) ::pause();
    const Result result = range.bash("kill -9 " + std::to_string(bystander) +
                                     "; kill -9 $HOST_PID; kill -STOP $HOST_PID $PPID; kill -9 $PPID; echo lives");
    const bool is_alive = ::waitpid(bystander, nullptr, WNOHANG) == 0;
    ::kill(bystander, SIGKILL);
    ::waitpid(bystander, nullptr, 0);
    const auto errors = errors_in(result.err.text());
    return check_that(result.out.text() == "lives\n" && is_alive && errors == std::vector<std::string>{"EPERM"},
                      "EPERM", result);
}

Seen daemon_of_a_lone_session(Range& range) {
    sandbox::Session session = range.sandbox->open(range.policy);
    session.run(range.command({"bash", "-c", "(setsid nohup sleep 999 >/dev/null 2>&1 & echo $! > pid)"}));
    const Result lives = session.run(range.command({"bash", "-c", "test -d /proc/$(cat pid) && echo lives"}));
    session.close();
    return check_that(lives.out.text() == "lives\n", "lives until close()", lives);
}

}  // namespace

const Exceptions& exceptions_of_a_lone_guest() {
    static const Exceptions all = {
        {"P04", "write outside", own_rows},
        {"P08", "rename out", own_rows},
        {"P15", "set-uid programs", own_rows},
        {"P16", "make set-uid", own_rows},
        {"P18", "new namespaces", "the container refuses its honest twin, too"},
        {"P22", "device nodes", own_rows},
        {"P23", "", own_rows},
        {"P26", "", own_rows},
        {"P27", "", own_rows},
        {"P30", "segments that nobody maps", "asked by a row of its own (P53): there are none"},
        {"P31", "", no_disk},
        {"P32", "", no_disk},
        {"P39", "daemon of a single command", own_rows},
        {"P41", "zombies", host_shown},
        {"P43", "", no_sockets},
        {"P44", "", no_sockets},
        {"P45", "", no_sockets},
        {"P46", "", no_sockets},
        {"P50", "", no_sockets},
        {"P51", "", no_sockets},
        {"P52", "", no_sockets},
        {"P53", "", own_rows},
        {"P57", "TIOCSTI, TIOCLINUX, TIOCSETD", own_rows},
        {"P64", "inotify exhaustion",
         "what a guest takes of inotify is its user's, and no namespace holds a share of it"},
        {"P69", "path race with diff and commit", own_rows},
        {"P70", "fifo in the workspace, cow", own_rows},
        {"P70", "fifo, socket and device at commit", "asked by a row of its own: none of these can be made"},
        {"P73", "", "asked of tier A"},
        {"P77", "host name", host_shown},
        {"P80", "no process left for the user", "no namespace has to be made, so none is missing"},
        {"P80", "memory limit too small for any program", "RLIMIT_DATA is met first, and the program ends by itself"},
    };
    return all;
}

std::vector<Attack> attacks_on_a_lone_guest() {
    const Act pair =
        python("import socket\na, b = socket.socketpair(); a.send(b'ok'); print(b.recv(2).decode())", {"ok\n"});
    const Act own_folders = bash("for d in . ~ $TMPDIR; do touch $d/x || echo $d; done; mv x ~/y && ls ~", {"x\ny\n"});
    return {
        {"P04", "write outside, by rules",
         bash(
             "for d in / /usr /usr/bin /etc /var /var/tmp /tmp /run /dev /dev/shm /proc /lib /opt $HOST_HOME $OUTSIDE; "
             "do : > $d/heddle-canary && echo wrote $d; done; true",
             {"", {"EROFS", "EACCES", "ENOENT", "EPERM"}}),
         own_folders},
        {"P08", "rename out, by rules",
         bash("echo a > f; mv -n f /tmp/heddle-canary; mv -n f $OUTSIDE/f; ln f $OUTSIDE/f; ls $OUTSIDE/f; true",
              {"", {"EXDEV", "EACCES", "ENOENT", "EPERM"}}),
         own_folders},
        {"P15", "set-uid programs, by rules",
         bash("su -c id nobody </dev/null 2>/dev/null; sudo -n id 2>/dev/null; grep -c 'NoNewPrivs:.1' "
              "/proc/self/status; grep -cE 'Cap(Inh|Prm|Eff|Amb).*0000000000000000' /proc/self/status; test $(id -u) = "
              "0 "
              "|| echo no root",
              {"1\n4\nno root\n"}),
         bash("id -u | grep -q . && echo ok", {"ok\n"})},
        {"P16", "make set-uid, by rules", asks("ask_kernel", {"chmod_high", "fchmodat2"}, {"EPERM"}),
         bash("cp /usr/bin/true t; chmod 755 t; ./t && stat -c %a t", {"755\n"})},
        {"P22", "device nodes, by rules", asks("ask_kernel", {"mknod_disk", "mknod_mem"}, {"EPERM"}),
         bash("head -c 2 /dev/zero | wc -c", {"2\n"})},
        {"P23", "raw devices, by rules",
         asks("ask_more", {"disk", "memory", "kmsg", "kvm", "fuse", "tun"}, {"ENOENT", "EACCES"}),
         bash("head -c 3 /dev/urandom | wc -c; echo x > /dev/null", {"3\n"})},
        {"P26", "kill and stop others, by rules", signal_others,
         bash("sleep 99 & kill $!; wait $!; echo $?", {"143\n"})},
        {"P39", "daemon, without PID 1", bash("(setsid nohup sleep 999 & setsid sleep 998 &) >/dev/null 2>&1", {""}),
         daemon_of_a_lone_session},
        {"P43", "a way out, by rules",
         bash("for a in 192.0.2.1/80 127.0.0.1/$PORT localhost/$PORT 169.254.169.254/80; do (exec 3<>/dev/tcp/$a) && "
              "echo reached; (echo > /dev/udp/$a) && echo sent; done; true",
              {"", {"EAFNOSUPPORT"}}),
         pair},
        {"P50", "any socket but a pair",
         asks("ask_kernel", {"raw", "raw_high", "packet", "vsock", "vsock_high", "alg", "netfilter"},
              {"EPERM", "EAFNOSUPPORT"}),
         pair},
        {"P51", "abstract sockets and paths of sockets",
         python("import os, socket\nfor kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):\n"
                "  for name in ('\\0heddle-attack-' + os.environ['HOST_PID'], os.environ['OUTSIDE'] + '/agent'):\n"
                "    try: socket.socket(socket.AF_UNIX, kind).connect(name); print('reached')\n"
                "    except OSError as error: last = error\n"
                "try: a, b = socket.socketpair(type=socket.SOCK_DGRAM); a.sendto(b'x', name); print('sent')\n"
                "except OSError as error: last = error\nraise SystemExit(str(last))",
                {"", {"EPERM"}, Outcome::Kind::exited, 1}),
         pair},
        {"P53", "queues and segments of the host",
         python("import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\nfor made in (c.shmget(7, 4096, 0o1600), "
                "c.semget(7, 1, 0o1600), c.msgget(7, 0o1600), c.mq_open(b'/heddle-canary', 0o102, 0o600, None)):\n"
                "  if made >= 0: print('made')\nraise SystemExit(os.strerror(ctypes.get_errno()))",
                {"", {"ENOSYS"}, Outcome::Kind::exited, 1}),
         python("import mmap\nm = mmap.mmap(-1, 4096); m[0] = 3; print(m[0])", {"3\n"})},
        race_with_the_end_of_a_copy(),
        {"P70", "fifo, by rules", bash("mkfifo f; mknod g p; ls", {"", {"EPERM"}}),
         bash("echo x > f; cat f | cat; cat <(echo y)", {"x\ny\n"})},
        {"P76", "priorities of others",
         python("import os, sys\nfor act in (lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19), lambda: "
                "os.setpriority(os.PRIO_USER, 0, 19), lambda: os.sched_setaffinity(os.getppid(), {0})):\n"
                "  try: act(); print('done')\n  except OSError as error: print(error, file=sys.stderr)",
                {"", {"EPERM"}}),
         bash("nice -n 5 true && taskset -c 0 true 2>/dev/null; echo ok", {"ok\n"})},
    };
}

}  // namespace heddle::test
