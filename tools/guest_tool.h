// tools/guest_tool.h: Runs a command in the sandbox and tells the model what it printed and how it ended.
#pragma once

#include <string>

#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "tools/tool.h"

namespace heddle::tools {

// What bash and python have in common: runs `command` in the workspace, with standard error merged into standard
// output.
ToolResult run_guest(sandbox::Command command, ToolContext& context, std::stop_token stop);

// What was printed, readable and clipped, and below it, unless the guest exited with 0, one line in brackets on how it
// ended. Never empty.
std::string text_of(const sandbox::Result& result, const sandbox::Limits& limits);

}  // namespace heddle::tools
