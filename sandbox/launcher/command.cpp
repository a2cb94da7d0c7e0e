// sandbox/launcher/command.cpp: Capabilities, user, limits, Landlock, seccomp, exec: in this order.
#include "sandbox/launcher/command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/launcher/capabilities.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/process_tree.h"

namespace heddle::sandbox {

namespace {

constexpr int status_not_found = 127, status_not_executable = 126;  // as shells have it

void place_stdio(const CommandPlan& plan) {
    const Fd* const ends[] = {&plan.in, &plan.out, &plan.err};
    for (int target = 0; target < 3; ++target)
        check(::dup2(ends[target]->get(), target), Step::command, "place the standard streams");
    check(::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), Step::command, "close the descriptors");
}

// By the bare calls: glibc's own would change the threads of the keeper too, whose memory this is.
void change_user(unsigned uid, unsigned gid) {
    const auto call = [](const char* doing, long number, auto... arguments) {
        check(static_cast<int>(::syscall(number, arguments...)), Step::identity, doing);
    };
    call("leave all groups", SYS_setgroups, 0, nullptr);
    call("become the guest's group", SYS_setresgid, gid, gid, gid);
    call("become the guest's user", SYS_setresuid, uid, uid, uid);
}

// A change of user undoes this, so it comes after it.
void end_with_keeper() {
    check(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), Step::identity, "tie the command to its keeper");
}

void limit(__rlimit_resource what, std::uint64_t soft, std::uint64_t hard) {
    rlimit present{};
    check(::getrlimit(what, &present), Step::limits, "read a resource limit");
    const rlimit wanted{std::min<rlim_t>(soft, present.rlim_max), std::min<rlim_t>(hard, present.rlim_max)};
    check(::setrlimit(what, &wanted), Step::limits, "set a resource limit");
}

void set_limits(const Limits& limits, const Shelter& shelter) {
    const auto seconds = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(limits.cpu).count());
    const auto all = [](__rlimit_resource what, std::uint64_t value) { limit(what, value, value); };
    limit(RLIMIT_CPU, seconds, seconds + 1);  // SIGXCPU first, SIGKILL for who ignores it
    all(RLIMIT_CORE, 0);
    all(RLIMIT_FSIZE, limits.file_bytes);
    all(RLIMIT_NOFILE, static_cast<std::uint64_t>(limits.open_files));
    // PID 1 may be of the same user; where there is none, all others of this user are on top. Where there is a cgroup
    // it shall refuse first, for it counts what it refuses.
    const std::uint64_t others = shelter.counts_user ? tasks_of(shelter.proc, shelter.uid) : 1;
    all(RLIMIT_NPROC, static_cast<std::uint64_t>(limits.processes) + others + 1);
    if (shelter.bounds_data) all(RLIMIT_DATA, 2 * limits.memory_bytes);  // twice: much is asked for and never touched
    all(RLIMIT_MEMLOCK, 8u << 20);
    all(RLIMIT_MSGQUEUE, 800u << 10);
    all(RLIMIT_SIGPENDING, 4096);
    all(RLIMIT_NICE, 0);
    all(RLIMIT_RTPRIO, 0);
}

void unblock_signals() {
    sigset_t none;
    ::sigemptyset(&none);
    check(::sigprocmask(SIG_SETMASK, &none, nullptr), Step::command, "unblock the signals");
}

[[noreturn]] void execute(const Program& program) {
    program.execute();
    const int error = errno;
    {
        const std::string line = fmt::format("heddle: cannot run {}: {}\n", program.name(), std::strerror(error));
        [[maybe_unused]] const ssize_t written = ::write(2, line.data(), line.size());
    }
    ::_exit(error == ENOENT ? status_not_found : status_not_executable);
}

}  // namespace

void become_command(const CommandPlan& plan) {
    const Shelter& shelter = plan.shelter;
    check(::setsid(), Step::command, "start a session");
    if (plan.terminal) check(::ioctl(plan.terminal.get(), TIOCSCTTY, 0), Step::command, "take the terminal");
    place_stdio(plan);
    if (shelter.change_user) change_user(shelter.uid, shelter.gid);
    if (shelter.ends_alone) end_with_keeper();
    if (!shelter.keeps_powers) drop_capabilities();
    check(::chdir(shelter.workspace.c_str()), Step::workspace, "enter the workspace as the guest");
    set_limits(plan.limits, shelter);
    unblock_signals();
    if (shelter.rules) apply_landlock(*shelter.rules);
    if (const Fd listener = shelter.filter != nullptr ? apply_seccomp(*shelter.filter) : Fd()) {
        const std::array fds = {listener.get()};
        send_message(plan.door, "listener", fds);
    }
    execute(plan.program);
}

}  // namespace heddle::sandbox
