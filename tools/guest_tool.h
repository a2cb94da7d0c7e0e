// tools/guest_tool.h: Runs a command in a guest of its own; tells the model what was printed and how it ended.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "tools/tool.h"

namespace heddle::tools {

// Runs `command` in the workspace as the gate has ruled, with standard error merged into standard output.
ToolResult run_guest(sandbox::Command command, const Ruling& ruling, ToolContext& context, std::stop_token stop,
                     std::vector<std::string> notes = {});

// What was printed, as a terminal would be left showing it, readable and clipped, and below it lines in brackets: what
// the sandbox kept it from, `notes`, and, unless it exited with 0, how it ended. Never empty.
std::string text_of(const sandbox::Result& result, const sandbox::Limits& limits,
                    const std::vector<std::string>& notes = {});

// That text, and what the record keeps.
ToolResult tool_result(const sandbox::Result& result, const sandbox::Limits& limits,
                       const std::vector<std::string>& notes = {});

// These variables, and those that keep programs from paging, asking, painting and opening editors where they have none
// of their own.
std::map<std::string, std::string> quieted(const std::map<std::string, std::string>& variables);

}  // namespace heddle::tools
