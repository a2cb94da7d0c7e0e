// sandbox/memory_watch.h: Ends a guest that is past its memory while nobody waits for one of its commands.
#pragma once

#include <thread>

#include "sandbox/guest_link.h"
#include "sandbox/limits.h"

namespace heddle::sandbox {

// Looks from a thread of its own, as supervise() does for a command that is waited for; until this goes. The guest
// outlives it.
class MemoryWatch {
 public:
    MemoryWatch(const GuestLink& guest, const Limits& limits);

 private:
    std::jthread thread_;
};

}  // namespace heddle::sandbox
