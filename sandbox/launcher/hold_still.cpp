// sandbox/launcher/hold_still.cpp: SIGSTOP to all at once, and SIGCONT to those who ran.
#include "sandbox/launcher/hold_still.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/process_tree.h"

namespace heddle::sandbox {

// The signal goes to all under one lock: who is being forked meanwhile gets it, too, or is not born.
HoldStill::HoldStill(const Fd& proc) : proc_(proc) {
    using namespace std::chrono_literals;
    constexpr auto time_max = 2s;
    if (::getpid() != 1) throw SetupError(Step::workspace, "hold still what runs in the guest", EPERM);
    for (const pid_t pid : all_processes(proc_))
        if (const auto process = look_at_process(proc_, pid); process && process->is_stopped)
            stopped_before_.insert(pid);
    ::kill(-1, SIGSTOP);
    for (const auto until = std::chrono::steady_clock::now() + time_max; !all_stopped();) {
        if (std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(100us);
            continue;
        }
        let_go();
        throw SetupError(Step::workspace, "hold still what runs in the guest", ETIME);
    }
}

void HoldStill::let_go() const {
    for (const pid_t pid : all_processes(proc_))
        if (pid != 1 && !stopped_before_.contains(pid)) ::kill(pid, SIGCONT);
}

bool HoldStill::all_stopped() const {
    for (const pid_t pid : all_processes(proc_)) {
        const auto process = look_at_process(proc_, pid);
        if (pid != 1 && process && !process->is_stopped && !process->has_ended) return false;
    }
    return true;
}

}  // namespace heddle::sandbox
