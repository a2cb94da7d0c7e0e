// runtime/cli/approval.h: Asks the person at the terminal whether a command may do more, or run at all.
#pragma once

#include <stop_token>
#include <string>

namespace heddle {

// Prints the question, which is one line, and waits for a line on standard input; only "y" and "yes" allow. What was
// typed before the question is no answer to it. False at the end of input and once `stop` is requested. From any thread
// while nobody else reads the terminal.
bool ask_on_terminal(const std::string& question, std::stop_token stop);

}  // namespace heddle
