// sandbox/memory_watch.h: Ends a guest that is past its memory, also while nobody waits for one of its commands.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "sandbox/guest_link.h"
#include "sandbox/limits.h"

namespace heddle::sandbox {

// Looks from a thread of its own as long as anything but the guest's first process lives; else it sleeps. The guest
// outlives it. Safe to use from several threads.
class MemoryWatch {
 public:
    MemoryWatch(const GuestLink& guest, const Limits& limits);

    void begin();  // something was started
    // Once it has ended the guest: at which limit, for Outcome::detail.
    std::optional<std::string> ended() const;
    std::uint64_t peak_bytes() const;  // that was seen; none where a cgroup holds the memory

 private:
    using Clock = std::chrono::steady_clock;
    void watch(const GuestLink& guest, const Limits& limits, const std::stop_token& stop);

    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    bool is_due_ = false;  // something may run
    Clock::time_point begun_;
    std::optional<std::string> ended_;
    std::uint64_t peak_bytes_ = 0;
    std::jthread thread_;  // the last, so that it is through before what it uses goes
};

}  // namespace heddle::sandbox
