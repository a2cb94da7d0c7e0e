// tools/bash.h: One shell command in a sandbox of its own.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Bash : public Tool {
 public:
    Bash();
    const prompts::ToolSpec& spec() const override { return spec_; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    prompts::ToolSpec spec_;
};

}  // namespace heddle::tools
