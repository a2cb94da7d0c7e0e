// sandbox/memory_watch.cpp: A usage watch in a loop, and the guest's end.
#include "sandbox/memory_watch.h"

#include <utility>

#include "sandbox/usage_watch.h"

namespace heddle::sandbox {

MemoryWatch::MemoryWatch(const GuestLink& guest, const Limits& limits) {
    Limits of_memory = limits;
    of_memory.cpu = std::chrono::hours(24 * 365);  // the kernel holds each process to it; a session has no sum
    thread_ = std::jthread([this, &guest, of_memory](const std::stop_token& stop) { watch(guest, of_memory, stop); });
}

void MemoryWatch::watch(const GuestLink& guest, const Limits& limits, const std::stop_token& stop) {
    constexpr std::chrono::seconds start_time_max{10};  // of what was ordered and is not there yet
    UsageWatch usage(guest, limits);
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        wake_.wait(lock, stop, [&] { return is_due_; });
        lock.unlock();
        const bool is_alone = usage.is_alone();
        auto excess = usage.look();
        lock.lock();
        peak_bytes_ = usage.peak_bytes();
        if (excess) {
            ended_ = std::move(excess->detail);
            return guest.kill();
        }
        is_due_ = !is_alone || Clock::now() < begun_ + start_time_max;
        if (is_due_) wake_.wait_until(lock, stop, usage.next_look(), [] { return false; });
    }
}

void MemoryWatch::begin() {
    {
        const std::lock_guard lock(mutex_);
        is_due_ = true;
        begun_ = Clock::now();
    }
    wake_.notify_all();
}

std::optional<std::string> MemoryWatch::ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

std::uint64_t MemoryWatch::peak_bytes() const {
    const std::lock_guard lock(mutex_);
    return peak_bytes_;
}

}  // namespace heddle::sandbox
