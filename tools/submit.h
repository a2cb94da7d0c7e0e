// tools/submit.h: Ends a task with an answer or a patch; also the line by which a command does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/outcome.h"
#include "tools/tool.h"

namespace heddle::tools {

class Submit : public Tool {
 public:
    Submit();
    bool changes_nothing() const override { return true; }
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

// Agents that repair software submit by a command whose first line of output is this; what follows is the submission.
inline constexpr std::string_view submit_line = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

// What a command of a model's that ended with status 0 submits. Only where the model itself wrote the line into
// `command`: no file that it has shown can end its task. None also where not all of the output was kept, or it is no
// UTF-8; then `notes` gets a line for the model.
std::optional<std::string> submitted_by(std::string_view command, const sandbox::Captured& output,
                                        std::vector<std::string>& notes);

}  // namespace heddle::tools
