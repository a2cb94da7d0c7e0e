// tools/find.h: The places of a page where a text stands.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Find : public Tool {
 public:
    Find();
    bool changes_nothing() const override { return true; }
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
