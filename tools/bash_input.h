// tools/bash_input.h: Goes on with a command that bash left running: waits for it, types to it, ends it.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class BashInput : public Tool {
 public:
    BashInput();
    bool waits() const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
