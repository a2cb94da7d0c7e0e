// tools/write_file.h: Writes a whole file of the workspace, at once, from outside the sandbox.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class WriteFile : public Tool {
 public:
    WriteFile();
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
