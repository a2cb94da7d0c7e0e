// runtime/cli/sandbox_terminal.h: Ties this process's terminal to a command's.
#pragma once

#include <chrono>

#include "sandbox/session.h"

namespace heddle {

// Until the command ends or `wall` is over. What it paints is passed on as it is: who asks for a terminal gets one.
// Throws Error when standard input is none.
sandbox::Outcome run_in_terminal(sandbox::Session& session, sandbox::Command command, std::chrono::milliseconds wall);

}  // namespace heddle
