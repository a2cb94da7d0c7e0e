// sandbox/usage_watch.cpp: Reads cgroup counters, or the status of each process of a guest.
#include "sandbox/usage_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string_view>

#include "sandbox/process_tree.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval_min = 10ms;  // one thread fills some 28 MiB in it
constexpr auto cgroup_interval = 50ms;    // the kernel holds the limit; this only ends what is left of the guest
constexpr int poll_share = 10;            // of one core goes at most a tenth into looking

// The number before " kB" in the line that starts with `name`, in bytes; 0 if there is none.
std::uint64_t kilobytes(std::string_view text, std::string_view name) {
    return number_after(text, name) * 1024;
}

struct CloseDir {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

bool UsageWatch::exceeded() {
    if (guest_.memory != MemoryKeeper::polled) return guest_.cgroup && kernel_killed();
    if (!guest_.proc) return false;
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t now = add_up(false).resident;
    if (now > bytes_max_) now = add_up(true).proportional;
    cost_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    peak_ = std::max(peak_, now);
    return now > bytes_max_;
}

std::chrono::milliseconds UsageWatch::interval() const {
    if (guest_.memory != MemoryKeeper::polled) return cgroup_interval;
    return std::max<std::chrono::milliseconds>(poll_interval_min, cost_ * poll_share);
}

std::string UsageWatch::limit() const {
    const char* how = guest_.memory == MemoryKeeper::polled    ? "polled, as no cgroup can be written"
                      : guest_.memory == MemoryKeeper::cgroup1 ? "held by a cgroup (v1)"
                                                               : "held by a cgroup (v2)";
    return fmt::format("{} MiB, {}", bytes_max_ >> 20, how);
}

bool UsageWatch::kernel_killed() const {
    const char* file = guest_.memory == MemoryKeeper::cgroup1 ? "memory.oom_control" : "memory.events";
    return number_after(read_text_at(guest_.cgroup.get(), file), "oom_kill ") > 0;
}

std::vector<std::string> UsageWatch::processes() const {
    std::vector<std::string> found;
    if (guest_.tree != 0) {
        for (const ProcessEntry& each : descendants(guest_.proc, guest_.tree))
            found.push_back(std::to_string(each.pid));
        return found;
    }
    const int again = guest_.proc ? ::openat(guest_.proc.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const std::unique_ptr<DIR, CloseDir> folder(again < 0 ? nullptr : ::fdopendir(again));
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') found.push_back(entry->d_name);
    return found;
}

UsageWatch::Sum UsageWatch::add_up(bool exactly) const {
    Sum sum;
    for (const std::string& process : processes()) {
        const std::string status = read_text_at(guest_.proc.get(), process + "/status");
        const std::uint64_t resident = kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:");
        sum.resident += resident;
        if (!exactly) continue;
        const std::string rollup = read_text_at(guest_.proc.get(), process + "/smaps_rollup");
        sum.proportional +=
            rollup.empty() ? resident : kilobytes(rollup, "Pss_Anon:") + kilobytes(rollup, "Pss_Shmem:");
    }
    return sum;
}

std::chrono::microseconds UsageWatch::cpu() const {
    std::uint64_t ticks = 0;
    for (const std::string& process : processes()) {
        const std::string stat = read_text_at(guest_.proc.get(), process + "/stat");
        // The command's name comes second, in brackets, and may itself hold brackets and spaces.
        const std::size_t name_end = stat.rfind(')');
        if (name_end == std::string::npos) continue;
        std::istringstream fields(stat.substr(name_end + 1));
        std::string skipped;
        for (int field = 3; field < 14; ++field) fields >> skipped;
        std::uint64_t user = 0, system = 0, children_user = 0, children_system = 0;
        fields >> user >> system >> children_user >> children_system;
        ticks += user + system + children_user + children_system;
    }
    return std::chrono::microseconds(ticks * 1'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace heddle::sandbox
