// tools/python.h: One piece of code after the other in the Python of the conversation.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Python : public Tool {
 public:
    Python();
    const prompts::ToolSpec& spec() const override { return spec_; }
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    prompts::ToolSpec spec_;
};

}  // namespace heddle::tools
