// sandbox/launcher/tree_end.cpp: SIGKILL for each that is seen, until a look finds nobody.
#include "sandbox/launcher/tree_end.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "sandbox/fd.h"
#include "sandbox/process_tree.h"

namespace heddle::sandbox {

// Whoever forks while he is looked for is found by the next look, as a child of ours once his parent is dead. Between
// looks more die than can be born: each look kills all, and only what was born during it is left.
void end_descendants(const std::set<pid_t>& spared) {
    using namespace std::chrono_literals;
    constexpr auto time_max = 5s;
    const auto until = std::chrono::steady_clock::now() + time_max;
    const Fd proc(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const pid_t self = ::getpid();
    while (std::chrono::steady_clock::now() < until) {
        const auto found = descendants(proc, self, spared);
        if (found.empty()) return;
        bool is_new = false;
        for (const ProcessEntry& each : found) {
            if (each.parent == self && each.has_ended) ::waitpid(each.pid, nullptr, WNOHANG);
            if (each.has_ended) continue;
            // By a descriptor: the number of one that has just ended may be another's already.
            const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, each.pid, 0)));
            const auto again = look_at_process(proc, each.pid);
            if (!process || !again || (again->parent != each.parent && again->parent != self)) continue;
            is_new = ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0 || is_new;
        }
        if (!is_new) std::this_thread::sleep_for(1ms);  // they are dying
    }
}

// Who is being forked while the signal goes out gets it, too, or is not born. Whose parent is gone becomes a child of
// ours, so when there is no child any more, there is nobody.
void end_namespace() {
    if (::getpid() != 1) return;  // the signal would reach all of the machine
    ::kill(-1, SIGKILL);
    while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
    }
}

}  // namespace heddle::sandbox
