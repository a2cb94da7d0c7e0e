// tools/plan.h: A short list of steps with their states, kept in view of the model and of its user.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Plan : public Tool {
 public:
    Plan();
    bool changes_nothing() const override { return true; }
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
