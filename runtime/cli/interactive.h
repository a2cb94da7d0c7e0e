// runtime/cli/interactive.h: heddle without a command: a conversation of several turns.
#pragma once

#include "runtime/cli/run_options.h"

namespace heddle {

// Reads messages until the end of the input; returns the exit code. On a terminal: edited lines with history, Ctrl-C
// cancels the turn that runs, Ctrl-D leaves. Elsewhere: one message a line.
int run_interactive(const RunFlags& flags);

}  // namespace heddle
