// tests/sandbox/attacks/processes.cpp: Other processes, and one's own that will not end (P24 to P29, P36 to P42).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/sandbox/attacks/attack.h"

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using sandbox::Outcome;
using sandbox::Policy;
using sandbox::Result;
using Kind = Outcome::Kind;

// Whoever sees the processes of the machine must not go on to kill them all.
const std::string own_processes_alone = "[ $(echo /proc/[0-9]* | wc -w) -lt 10 ] || exit 9; ";

void short_time(Policy& policy) {
    policy.limits.wall = 400ms;
}

void few_processes(Policy& policy) {
    policy.limits.processes = 60;
    policy.limits.wall = 10s;
}

// Of the host, with a name that guests look for.
class Bystander {
 public:
    Bystander() : process_(::fork()) {
        if (process_ == 0)
            for (;;) ::pause();
    }
    ~Bystander() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    bool is_alive() const { return ::waitpid(process_, nullptr, WNOHANG) == 0; }
    std::string id() const { return std::to_string(process_); }

 private:
    pid_t process_;
};

Act kills(const std::string& script, const std::string& out) {
    return [=](Range& range) {
        const Bystander bystander;
        const Result result = range.bash(own_processes_alone + "B=" + bystander.id() + "; " + script);
        const bool is_there = range.bash("echo again").out.text() == "again\n";
        return check_that(result.out.text() == out && bystander.is_alive() && is_there, "only its own", result);
    };
}

// The number that a bomb printed has to lie within the limit and a part of it.
Act bomb(const std::string& kind) {
    return [=](Range& range) {
        few_processes(range.policy);
        range.add_guest("bounded_bomb");
        const Result result = range.run({"./bounded_bomb", kind});
        const int made = std::atoi(result.out.text().c_str());
        return check_that(made > 30 && made <= 61, "EAGAIN after " + std::to_string(made), result);
    };
}

// Bounded to some thousand shells. A shell that cannot fork waits and tries again, so this may go on to its time limit.
Seen shell_bomb(Range& range) {
    few_processes(range.policy);
    range.policy.limits.wall = 1s;
    const Result result = range.bash("f() { [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; wait; }; f 9; echo end");
    const auto errors = errors_in(result.err.text());
    const bool has_ended = result.outcome.kind == Kind::timed_out || result.outcome.kind == Kind::exited;
    return check_that(has_ended && errors == std::vector<std::string>{"EAGAIN"}, "EAGAIN", result);
}

Seen daemon_of_a_session(Range& range) {
    sandbox::Session session = range.sandbox->open(range.policy);
    session.run(range.command({"bash", "-c", "setsid nohup sleep 999 >/dev/null 2>&1 & echo $! > pid"}));
    const Result lives = session.run(range.command({"bash", "-c", "kill -0 $(cat pid) && echo lives"}));
    session.close();
    return check_that(lives.out.text() == "lives\n", "lives until close()", lives);
}

Seen stay_alive(Range& range) {
    range.add_guest("stay_alive");
    short_time(range.policy);
    const Result result = range.run({"./stay_alive"});
    const auto beats = range.read("beats").size();
    std::this_thread::sleep_for(100ms);
    return check_that(result.outcome.kind == Kind::timed_out && range.read("beats").size() == beats, "killed", result);
}

std::vector<Attack> attacks_on_others() {
    return {
        {"P24", "debug the init", asks("ask_kernel", {"ptrace_init", "mem_init", "fd_init"}, {"EPERM", "EACCES"}),
         bash("sleep 9 & p=$!; kill -0 $p && kill $p; readlink /proc/self/exe | xargs basename", {"readlink\n"})},
        {"P25", "peek the supervisor",
         python("import os, ctypes\npid = int(os.environ['HOST_PID'])\nc = ctypes.CDLL(None, use_errno=True)\nif "
                "c.syscall(310, pid, 0, 0, 0, 0, 0) >= 0: print('read')\nfd = c.syscall(434, pid, 0)\nif fd >= 0 and "
                "not os.path.exists(f'/proc/{pid}/comm'): print('opened')\nif c.syscall(438, fd, 0, 0) >= 0: "
                "print('taken')\nraise SystemExit(os.strerror(ctypes.get_errno()))",
                {"", {"EPERM", "ESRCH"}, Kind::exited, 1}),
         python("import os; os.close(os.pidfd_open(os.getpid())); print(open('/proc/self/comm').read(), end='')",
                {"python3\n"})},
        {"P26", "kill everything",
         kills("kill -9 $B; kill -9 $HOST_PID; kill -9 1; pkill -9 heddle; kill -9 -1; echo lives", "lives\n"),
         bash("sleep 99 & kill $!; wait $!; echo $?", {"143\n"})},
        {"P27", "stop the parent",
         bash(own_processes_alone + "kill -STOP $PPID; kill -STOP 1; sleep 60", {"", {}, Kind::timed_out}, short_time),
         bash("sleep 99 & kill -STOP $!; kill -CONT $!; kill $!; echo ok", {"ok\n"})},
    };
}

}  // namespace

std::vector<Attack> attacks_on_processes() {
    std::vector<Attack> all = attacks_on_others();
    const std::vector<Attack> more = {
        {"P28", "fork bomb", bomb("processes"),
         bash("for i in $(seq 20); do sleep 0.1 & done; wait; echo ok", {"ok\n"}, few_processes)},
        {"P28", "fork bomb of a shell", shell_bomb,
         bash("f() { [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; wait; }; f 3; echo end", {"end\n"},
              few_processes)},
        {"P29", "thread bomb", bomb("threads"),
         python("import threading\nt = [threading.Thread(target=lambda: None) for _ in range(20)]\n[x.start() for x in "
                "t]; [x.join() for x in t]; print('ok')",
                {"ok\n"}, few_processes)},
        {"P36", "sleep for ever", bash("sleep 1e9", {"", {}, Kind::timed_out}, short_time), bash("sleep 0.1", {""})},
        {"P38", "ignore signals",
         bash("trap '' TERM INT HUP XCPU; sleep 99; sleep 99", {"", {}, Kind::timed_out}, short_time),
         bash("trap 'echo caught' TERM; kill $$", {"caught\n"})},
        {"P38", "a daemon that ignores them", stay_alive, bash("setsid sleep 0.1; echo ok", {"ok\n"})},
        {"P39", "daemon of a single command", bash("setsid nohup sleep 999 >/dev/null 2>&1 & disown", {""}),
         daemon_of_a_session},
        {"P40", "held pipe", bash("sleep 999 & echo done; exit 0", {"done\n"}), bash("sleep 0.1 & wait", {""})},
        {"P41", "zombies",
         bash("for i in $(seq 2000); do (true &); done; n=$(echo /proc/[0-9]* | wc -w); [ $n -lt 60 ] && echo reaped",
              {"reaped\n"}, few_processes),
         bash("for i in 1 2 3; do (exit $i) & wait $!; echo $?; done", {"1\n2\n3\n"})},
        {"P42", "stop oneself", bash("kill -STOP $$", {"", {}, Kind::timed_out}, short_time),
         bash("set -m; sleep 0.1 & fg >/dev/null; echo ok", {"ok\n"})},
    };
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace heddle::test
