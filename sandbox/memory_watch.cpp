// sandbox/memory_watch.cpp: Reads cgroup counters, or the status of each process of a guest.
#include "sandbox/memory_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string_view>

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

bool MemoryWatch::exceeded() {
    if (keeper_ != MemoryKeeper::polled) return cgroup_ && kernel_killed();
    if (!proc_) return false;
    const auto start = std::chrono::steady_clock::now();
    std::uint64_t now = add_up(false).resident;
    if (now > bytes_max_) now = add_up(true).proportional;
    cost_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    peak_ = std::max(peak_, now);
    return now > bytes_max_;
}

std::chrono::milliseconds MemoryWatch::interval() const {
    if (keeper_ != MemoryKeeper::polled) return cgroup_interval;
    return std::max<std::chrono::milliseconds>(poll_interval_min, cost_ * poll_share);
}

std::string MemoryWatch::limit() const {
    const char* how = keeper_ == MemoryKeeper::polled    ? "polled, as no cgroup can be written"
                      : keeper_ == MemoryKeeper::cgroup1 ? "held by a cgroup (v1)"
                                                         : "held by a cgroup (v2)";
    return fmt::format("{} MiB, {}", bytes_max_ >> 20, how);
}

bool MemoryWatch::kernel_killed() const {
    const char* file = keeper_ == MemoryKeeper::cgroup1 ? "memory.oom_control" : "memory.events";
    return number_after(read_text_at(cgroup_.get(), file), "oom_kill ") > 0;
}

MemoryWatch::Sum MemoryWatch::add_up(bool exactly) const {
    Sum sum;
    const int again = ::openat(proc_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, CloseDir> folder(again < 0 ? nullptr : ::fdopendir(again));
    if (!folder) return sum;
    while (const dirent* entry = ::readdir(folder.get())) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
        const std::string process = entry->d_name;
        const std::string status = read_text_at(proc_.get(), process + "/status");
        const std::uint64_t resident = kilobytes(status, "RssAnon:") + kilobytes(status, "RssShmem:");
        sum.resident += resident;
        if (!exactly) continue;
        const std::string rollup = read_text_at(proc_.get(), process + "/smaps_rollup");
        sum.proportional +=
            rollup.empty() ? resident : kilobytes(rollup, "Pss_Anon:") + kilobytes(rollup, "Pss_Shmem:");
    }
    return sum;
}

}  // namespace heddle::sandbox
