// runtime/cli/approval.h: Asks the person at the terminal whether a command may do more, or run at all.
#pragma once

#include <stop_token>
#include <string>

#include "tools/ask.h"

namespace heddle {

// Prints the question, which is one line, and waits for a line on standard input; only "y" and "yes" allow, and "a" and
// "always". What was typed before the question is no answer to it, and the end of input is none. From any thread while
// nobody else reads the terminal.
tools::Answer ask_on_terminal(const std::string& question, std::stop_token stop);

}  // namespace heddle
