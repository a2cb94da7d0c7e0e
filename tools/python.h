// tools/python.h: One piece of code after the other in the Python of the conversation.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Python : public Tool {
 public:
    Python();
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
