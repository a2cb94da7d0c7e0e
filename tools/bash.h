// tools/bash.h: One command after the other in the shell of the conversation.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Bash : public Tool {
 public:
    // Whether a command may go on behind its yield time, as bash_input is there to go on with it.
    explicit Bash(bool has_input = false);
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    bool has_input_;
};

}  // namespace heddle::tools
