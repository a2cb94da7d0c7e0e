// sandbox/launcher/command.h: The last steps of a guest's command: it gives up what it has, and becomes the program.
#pragma once

#include "sandbox/fd.h"
#include "sandbox/launcher/program.h"
#include "sandbox/launcher/shelter.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

struct CommandPlan {
    const Program& program;
    const Fd& terminal;  // or none
    const Limits& limits;
    const Shelter& shelter;
    const Fd& in;
    const Fd& out;
    const Fd& err;
    int door;  // of its own: where the listener of its filter goes
};

// Confines this process and executes the command; comes back only by SetupError. A program that is not there, or that
// cannot be executed, is the command's own failure: it ends with 127 or 126 and one line on its standard error.
[[noreturn]] void become_command(const CommandPlan& plan);

}  // namespace heddle::sandbox
