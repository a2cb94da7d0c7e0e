// sandbox/supervisor.h: Watches one command to its end: output, deadline, memory, kill, account.
#pragma once

#include <stop_token>

#include "sandbox/fd.h"
#include "sandbox/guest_link.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "sandbox/sandbox.h"

namespace heddle::sandbox {

// Our ends of what a command was given.
struct CommandEnds {
    Fd notes;     // closing it ends the command
    Fd out, err;  // err is none where output is merged
};

enum class GuestLife {
    ends_with_command,  // the command is the guest's only one: what is past a limit ends with all that it started
    goes_on,            // other commands share it: what is past its time ends alone, past the memory it ends the guest
};

// Blocks until the command (and its guest, if that ends with it) is gone, or cannot be ended within a bounded time.
// Throws Error if the launcher is gone; what the sink throws passes through and ends the command.
Result supervise(GuestLink& guest, GuestLife life, CommandEnds ends, const Limits& limits, std::stop_token stop,
                 const Sandbox::Sink& sink);

}  // namespace heddle::sandbox
