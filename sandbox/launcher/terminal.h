// sandbox/launcher/terminal.h: A terminal for a command, out of the guest's own devpts.
#pragma once

#include "sandbox/fd.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

struct Terminal {
    Fd outer;  // for whoever reads and types
    Fd inner;  // for the command
};

// The inner end belongs to the guest. Throws SetupError.
Terminal open_terminal(TerminalSize size, unsigned guest_uid, unsigned guest_gid);

}  // namespace heddle::sandbox
