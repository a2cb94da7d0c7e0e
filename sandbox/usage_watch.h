// sandbox/usage_watch.h: Says what a guest has used, and whether that is more memory or processor time than it may.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/guest_link.h"
#include "sandbox/limits.h"
#include "sandbox/memory_files.h"
#include "sandbox/outcome.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

// Where a cgroup holds the memory, the kernel kills and this only asks whether it did. Where none can be written, this
// adds up the processes in the guest's own /proc, the files of memory that they hold open, and System V segments that
// none has mapped; a guest can run over by what it fills within one interval.
//
// Processor time is added up too, since the kernel holds each process to it alone. A child whose parent ignores its end
// is in no sum once it is gone, unless a cgroup (v2) counts it.
class UsageWatch {
 public:
    // The text of a file below a folder, or "": read_text_at, unless a test says what a process shows when.
    using ReadText = std::function<std::string(int folder, const std::string& path)>;

    UsageWatch(const GuestLink& guest, const Limits& limits, ReadText read_text = read_text_at)
        : guest_(guest), limits_(limits), read_text_(std::move(read_text)) {}

    // From now on only what runs in the session of this process, as the guest numbers it, counts as processor time.
    void watch_session(int leader) { session_ = leader; }

    struct Excess {
        Outcome::Kind kind;
        std::string detail;
    };
    std::optional<Excess> look();  // if it is time
    std::chrono::steady_clock::time_point next_look() const { return std::min(next_memory_, next_cpu_); }

    bool memory_exceeded();                                        // looks now
    std::string memory() const;                                    // "256 MiB, held by a cgroup", for Outcome::detail
    bool was_full_of_tasks() const { return was_full_of_tasks_; }  // seen by polling only; a cgroup counts better
    std::uint64_t peak_bytes() const { return peak_; }
    std::uint64_t kept_peak_bytes() const;                     // the cgroup's own; 0 where there is none
    bool kernel_killed() const;                                // in the guest's cgroup, for its memory
    bool is_alone() const { return processes().size() <= 1; }  // the guest's first process
    std::chrono::microseconds cpu() const;  // of all that is watched and lives now, and of those they reaped

 private:
    struct Sum {
        std::uint64_t resident = 0;      // pages that several processes share count for each: an upper bound
        std::uint64_t proportional = 0;  // they count once in all
        std::uint64_t tasks = 0;
    };
    std::vector<pid_t> processes() const;
    Sum add_up(bool exactly) const;
    void look_for_files();
    std::uint64_t unmapped_segments() const;
    // In how much time all processors together can use so much: until then nobody need look.
    static std::chrono::steady_clock::duration soonest(std::chrono::microseconds cpu);

    const GuestLink& guest_;
    Limits limits_;
    ReadText read_text_;
    std::optional<int> session_;
    std::uint64_t peak_ = 0;
    MemoryFiles files_;  // as they were found last
    bool was_full_of_tasks_ = false;
    std::chrono::steady_clock::time_point next_memory_ =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
    std::chrono::steady_clock::time_point next_files_ = next_memory_;
    std::chrono::steady_clock::time_point next_cpu_ = std::chrono::steady_clock::now() + soonest(limits_.cpu);
};

}  // namespace heddle::sandbox
