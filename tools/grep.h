// tools/grep.h: Searches files of the workspace by content and by name.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Grep : public Tool {
 public:
    Grep();
    const prompts::ToolSpec& spec() const override { return spec_; }
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    prompts::ToolSpec spec_;
    bool has_ripgrep_ = true;  // until a guest has none
};

}  // namespace heddle::tools
