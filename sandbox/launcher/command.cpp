// sandbox/launcher/command.cpp: Capabilities, user, limits, Landlock, seccomp, exec: in this order.
#include "sandbox/launcher/command.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
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
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/capabilities.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/process_tree.h"

namespace heddle::sandbox {

namespace {

using Environment = std::map<std::string, std::string>;

constexpr int status_not_found = 127, status_not_executable = 126;  // as shells have it

// What a program needs, and what keeps it from asking or from painting; nothing of ours.
Environment clean_environment(const Shelter& shelter) {
    Environment clean{{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                      {"HOME", shelter.home},
                      {"USER", "guest"},
                      {"LOGNAME", "guest"},
                      {"SHELL", "/bin/bash"},
                      {"TMPDIR", shelter.temporary},
                      {"LANG", "C.UTF-8"},
                      {"TERM", "dumb"},
                      {"PAGER", "cat"},
                      {"GIT_PAGER", "cat"},
                      {"GIT_TERMINAL_PROMPT", "0"},
                      {"DEBIAN_FRONTEND", "noninteractive"},
                      {"PIP_DISABLE_PIP_VERSION_CHECK", "1"}};
    // A file of the system that is there and cannot be read ends git; one that is not there would not.
    if (shelter.shows_host) clean["GIT_CONFIG_NOSYSTEM"] = "1";
    return clean;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

void place_stdio(const CommandPlan& plan) {
    const Fd* const ends[] = {&plan.in, &plan.out, &plan.err};
    for (int target = 0; target < 3; ++target)
        check(::dup2(ends[target]->get(), target), Step::command, "place the standard streams");
    check(::close_range(3, ~0u, CLOSE_RANGE_CLOEXEC), Step::command, "close the descriptors");
}

void change_user(unsigned uid, unsigned gid) {
    check(::setgroups(0, nullptr), Step::identity, "leave all groups");
    check(::setresgid(gid, gid, gid), Step::identity, "become the guest's group");
    check(::setresuid(uid, uid, uid), Step::identity, "become the guest's user");
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
    // What is polled can be overrun between two looks; this bounds it for one process. Twice, for much that is asked
    // for is never touched.
    if (shelter.held[Layer::memory] == Holder::supervised && shelter.counts_user)
        all(RLIMIT_DATA, 2 * limits.memory_bytes);
    all(RLIMIT_MEMLOCK, 8u << 20);
    all(RLIMIT_MSGQUEUE, 800u << 10);
    all(RLIMIT_SIGPENDING, 4096);
    all(RLIMIT_NICE, 0);
    all(RLIMIT_RTPRIO, 0);
}

void reset_signals() {
    // By the bare call: glibc keeps two signals to itself, and posix_spawn leaves those two ignored.
    constexpr unsigned long kernel_sigaction[4] = {};  // all zero is the default action
    constexpr std::size_t mask_bytes = 8;
    for (int signal = 1; signal < NSIG; ++signal)
        ::syscall(SYS_rt_sigaction, signal, kernel_sigaction, nullptr, mask_bytes);
    sigset_t none;
    ::sigemptyset(&none);
    check(::sigprocmask(SIG_SETMASK, &none, nullptr), Step::command, "unblock the signals");
}

std::vector<std::string> candidates(const std::string& name, const std::string& path) {
    if (name.find('/') != std::string::npos) return {name};
    std::vector<std::string> found;
    for (std::size_t at = 0; at <= path.size() && !name.empty();) {
        const std::size_t end = std::min(path.find(':', at), path.size());
        if (end > at) found.push_back(path.substr(at, end - at) + "/" + name);
        at = end + 1;
    }
    return found;
}

[[noreturn]] void execute(const std::vector<std::string>& programs, char* const* argv, char* const* environment) {
    int error = ENOENT;
    for (const auto& program : programs) {
        ::execve(program.c_str(), argv, environment);
        if (errno != ENOENT && errno != ENOTDIR) error = errno;  // another folder may have it; a refusal says more
    }
    const std::string line = fmt::format("heddle: cannot run {}: {}\n", argv[0], std::strerror(error));
    [[maybe_unused]] const ssize_t written = ::write(2, line.data(), line.size());
    ::_exit(error == ENOENT ? status_not_found : status_not_executable);
}

}  // namespace

void become_command(const CommandPlan& plan) {
    const Shelter& shelter = plan.shelter;
    check(::setsid(), Step::command, "start a session");
    place_stdio(plan);
    if (plan.command.terminal) check(::ioctl(0, TIOCSCTTY, 0), Step::command, "take the terminal");

    Environment environment = clean_environment(shelter);
    for (const auto& [name, value] : plan.command.environment) environment[name] = value;
    const std::vector<std::string> programs = candidates(plan.command.argv[0], environment["PATH"]);
    std::vector<std::string> variables, arguments = plan.command.argv;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    const std::vector<char*> argv = pointers(arguments), envp = pointers(variables);

    if (shelter.has_sources) close_capability_sources();
    if (shelter.change_user) change_user(shelter.uid, shelter.gid);
    if (shelter.ends_alone) end_with_keeper();
    drop_capabilities(shelter.has_sources);
    check(::chdir(shelter.workspace.c_str()), Step::workspace, "enter the workspace as the guest");
    set_limits(plan.limits, shelter);
    reset_signals();
    if (shelter.rules) apply_landlock(*shelter.rules);
    if (const Fd listener = apply_seccomp(*shelter.filter)) {
        const std::array fds = {listener.get()};
        send_message(plan.door.get(), "listener", fds);
    }
    execute(programs, argv.data(), envp.data());
}

}  // namespace heddle::sandbox
