// sandbox/usage_watch.h: Says what a guest has used, and whether that is more memory than it may.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/guest_link.h"

namespace heddle::sandbox {

// Where a cgroup holds the limit, the kernel kills and this only asks whether it did. Where none can be written, this
// adds up the processes in the guest's own /proc; a guest can run over by what it fills within one interval.
class UsageWatch {
 public:
    UsageWatch(const GuestLink& guest, std::uint64_t bytes_max) : guest_(guest), bytes_max_(bytes_max) {}

    bool exceeded();                             // looks now
    std::chrono::milliseconds interval() const;  // until the next look makes sense
    std::uint64_t peak_bytes() const { return peak_; }
    std::chrono::microseconds cpu() const;  // of all its processes that live now, and of those they reaped
    std::string limit() const;              // "256 MiB, held by a cgroup", for Outcome::detail

 private:
    struct Sum {
        std::uint64_t resident = 0;      // pages that several processes share count for each: an upper bound
        std::uint64_t proportional = 0;  // they count once in all
    };
    bool kernel_killed() const;
    std::vector<std::string> processes() const;
    Sum add_up(bool exactly) const;

    const GuestLink& guest_;
    std::uint64_t bytes_max_;
    std::uint64_t peak_ = 0;
    std::chrono::milliseconds cost_{0};
};

}  // namespace heddle::sandbox
