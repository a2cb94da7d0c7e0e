// tools/apply_patch.h: Applies a unified diff to files of the workspace: all of it, or nothing.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class ApplyPatch : public Tool {
 public:
    ApplyPatch();
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
