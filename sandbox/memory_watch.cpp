// sandbox/memory_watch.cpp: A usage watch in a loop, and the guest's end.
#include "sandbox/memory_watch.h"

#include <condition_variable>
#include <mutex>

#include "sandbox/usage_watch.h"

namespace heddle::sandbox {

namespace {

void watch(const GuestLink& guest, const Limits& limits, const std::stop_token& stop) {
    UsageWatch usage(guest, limits);
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        if (usage.look()) return guest.kill();
        wake.wait_until(lock, stop, usage.next_look(), [] { return false; });
    }
}

}  // namespace

MemoryWatch::MemoryWatch(const GuestLink& guest, const Limits& limits) {
    Limits of_memory = limits;
    of_memory.cpu = std::chrono::hours(24 * 365);  // the kernel holds each process to it; a session has no sum
    thread_ = std::jthread([&guest, of_memory](const std::stop_token& stop) { watch(guest, of_memory, stop); });
}

}  // namespace heddle::sandbox
