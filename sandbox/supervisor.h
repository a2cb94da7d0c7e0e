// sandbox/supervisor.h: Watches one guest to its end: output, deadline, memory, kill, account.
#pragma once

#include <stop_token>

#include "sandbox/fd.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "sandbox/sandbox.h"

namespace heddle::sandbox {

// Our ends of what a guest was given. Closing `control` ends the guest.
struct GuestEnds {
    Fd control;   // notes come here
    Fd out, err;  // err is none where output is merged
};

// Blocks until the guest and all its descendants are gone, or cannot be ended within a bounded time. Throws Error if
// the launcher is gone; what the sink throws passes through and ends the guest.
Result supervise(GuestEnds ends, const Limits& limits, std::stop_token stop, const Sandbox::Sink& sink);

}  // namespace heddle::sandbox
