// sandbox/usage_watch.cpp: Reads cgroup counters, or the status of each process of a guest.
#include "sandbox/usage_watch.h"

#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "sandbox/process_tree.h"

namespace heddle::sandbox {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto poll_interval_min = 10ms;  // one thread fills some 28 MiB in it
constexpr auto cgroup_interval = 50ms;    // the kernel holds the limit; this only ends what is left of the guest
constexpr auto cpu_interval_min = 50ms;   // of each processor goes at most that over the limit
constexpr int poll_share = 10;            // of one core goes at most a tenth into looking

// The time that this thread has worked. That of a clock on the wall would also count how long it had to wait for a
// processor, and where others want them, too, a guest would be looked at the less often.
Clock::duration worked() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Clock::duration pause_after(Clock::duration look) {
    return std::max<Clock::duration>(poll_interval_min, look * poll_share);
}

// The number before " kB" in the line that starts with `name`, in bytes; 0 if there is none.
std::uint64_t kilobytes(std::string_view text, std::string_view name) {
    return number_after(text, name) * 1024;
}

}  // namespace

std::optional<UsageWatch::Excess> UsageWatch::look() {
    const auto now = Clock::now();
    if (now >= next_memory_) {
        const auto begun = worked();
        if (memory_exceeded()) return Excess{Outcome::Kind::out_of_memory, memory()};
        const bool is_held = guest_.memory != MemoryKeeper::polled;
        next_memory_ = Clock::now() + (is_held ? cgroup_interval : pause_after(worked() - begun));
    }
    if (now >= next_cpu_) {
        const auto used = cpu();
        if (used >= limits_.cpu)
            return Excess{Outcome::Kind::cpu_exceeded, fmt::format("{} ms in sum", limits_.cpu.count())};
        next_cpu_ = Clock::now() + std::max<Clock::duration>(cpu_interval_min, soonest(limits_.cpu - used));
    }
    return std::nullopt;
}

Clock::duration UsageWatch::soonest(std::chrono::microseconds cpu) {
    static const long processors = std::max(::sysconf(_SC_NPROCESSORS_CONF), 1l);  // to ask reads a file
    return cpu / processors;
}

bool UsageWatch::memory_exceeded() {
    if (guest_.memory != MemoryKeeper::polled) return kernel_killed();
    if (!guest_.proc) return false;
    look_for_files();
    const Sum sum = add_up(false);
    const std::uint64_t at_most = sum.resident + bytes_of(files_);
    std::uint64_t now = at_most > limits_.memory_bytes ? add_up(true).proportional : at_most;
    // One that ends between two readings of it has its memory counted with those who shared it, and once more.
    if (now > limits_.memory_bytes) {
        files_ = find_memory_files(guest_.proc, processes());
        now = std::min(now, add_up(true).proportional);
    }
    peak_ = std::max(peak_, now);
    was_full_of_tasks_ = was_full_of_tasks_ || sum.tasks >= static_cast<std::uint64_t>(limits_.processes);
    return now > limits_.memory_bytes;
}

// At times of their own: to look at each descriptor takes longer than to ask what is mapped.
void UsageWatch::look_for_files() {
    if (Clock::now() < next_files_) return;
    const auto begun = worked();
    files_ = find_memory_files(guest_.proc, processes());
    next_files_ = Clock::now() + pause_after(worked() - begun);
}

std::string UsageWatch::memory() const {
    const char* how = guest_.memory == MemoryKeeper::polled    ? "polled, as no cgroup can be written"
                      : guest_.memory == MemoryKeeper::cgroup1 ? "held by a cgroup (v1)"
                                                               : "held by a cgroup (v2)";
    return fmt::format("{} MiB, {}", limits_.memory_bytes >> 20, how);
}

bool UsageWatch::kernel_killed() const {
    if (guest_.memory == MemoryKeeper::polled || !guest_.cgroup) return false;
    const char* file = guest_.memory == MemoryKeeper::cgroup1 ? "memory.oom_control" : "memory.events";
    return number_after(read_text_(guest_.cgroup.get(), file), "oom_kill ") > 0;
}

std::uint64_t UsageWatch::kept_peak_bytes() const {
    if (guest_.memory == MemoryKeeper::polled || !guest_.cgroup) return 0;
    const char* file = guest_.memory == MemoryKeeper::cgroup1 ? "memory.max_usage_in_bytes" : "memory.peak";
    return number_after(read_text_at(guest_.cgroup.get(), file), "");
}

std::vector<pid_t> UsageWatch::processes() const {
    if (!guest_.proc) return {};
    if (guest_.tree == 0) return all_processes(guest_.proc);
    std::vector<pid_t> found{guest_.tree};  // what it reaped is in its sum, as in that of a PID 1
    for (const ProcessEntry& each : descendants(guest_.proc, guest_.tree)) found.push_back(each.pid);
    return found;
}

// Lines of "key id rights size creator last attached uid gid cuid cgid attached detached changed resident swapped".
std::uint64_t UsageWatch::unmapped_segments() const {
    if (!guest_.segments) return 0;
    std::istringstream lines(read_text_again(guest_.segments));
    std::uint64_t bytes = 0;
    std::string line;
    std::getline(lines, line);  // the names
    while (std::getline(lines, line)) {
        std::istringstream fields(line);
        std::string field;
        std::uint64_t attached = 0, resident = 0;
        for (int at = 0; at < 6; ++at) fields >> field;
        fields >> attached;
        for (int at = 7; at < 14; ++at) fields >> field;
        if (fields >> resident && attached == 0) bytes += resident;  // else its processes have it in their count
    }
    return bytes;
}

UsageWatch::Sum UsageWatch::add_up(bool exactly) const {
    Sum sum;
    std::uint64_t mapped_files = 0;
    sum.resident = sum.proportional = unmapped_segments();
    for (const pid_t pid : processes()) {
        const std::string process = std::to_string(pid);
        const std::string status = read_text_(guest_.proc.get(), process + "/status");
        sum.tasks += number_after(status, "Threads:");
        const std::uint64_t resident = kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:");
        sum.resident += resident;
        if (!exactly) continue;
        const std::string rollup = read_text_(guest_.proc.get(), process + "/smaps_rollup");
        sum.proportional +=
            rollup.empty() ? resident : kilobytes(rollup, "Pss_Anon:") + kilobytes(rollup, "Pss_Shmem:");
        mapped_files += mapped_bytes(files_, guest_.proc, pid);
    }
    const std::uint64_t files = bytes_of(files_);
    sum.proportional += files - std::min(files, mapped_files);
    return sum;
}

std::chrono::microseconds UsageWatch::cpu() const {
    if (guest_.memory == MemoryKeeper::cgroup2 && !session_)
        if (const auto used = number_after(read_text_(guest_.cgroup.get(), "cpu.stat"), "usage_usec "); used > 0)
            return std::chrono::microseconds(used);
    std::uint64_t ticks = 0;
    for (const pid_t pid : processes()) {
        const auto process = look_at_process(guest_.proc, pid);
        if (process && (!session_ || process->session == *session_)) ticks += process->ticks;
    }
    return std::chrono::microseconds(ticks * 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace heddle::sandbox
