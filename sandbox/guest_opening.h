// sandbox/guest_opening.h: Asks the launcher for a guest, and what is checked before.
#pragma once

#include "sandbox/fd.h"
#include "sandbox/guest_link.h"
#include "sandbox/policy.h"
#include "sandbox/supervisor.h"

namespace heddle::sandbox {

void check(const Command& command);  // throws Error unless it can be executed as it is meant

// A policy with its folder held open: what was checked is what will be mounted. Throws Error for a policy that cannot
// be meant.
struct CheckedPolicy {
    explicit CheckedPolicy(const Policy& wanted);

    Policy policy;
    Fd workspace;
};

// Asks for a guest; its notes tell how that went. Throws Error if the launcher is gone.
GuestLink open_guest(int launcher, const CheckedPolicy& checked);

// Orders a checked command with pipes for its output. Throws Error.
CommandEnds order_command(const GuestLink& guest, const Command& command, bool is_last);

}  // namespace heddle::sandbox
