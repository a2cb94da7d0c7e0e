// tools/list.h: What a folder of the workspace holds: names, kinds and sizes.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class List : public Tool {
 public:
    List();
    bool changes_nothing() const override { return true; }
    bool runs_beside(const prompts::Json&, const ToolContext&) const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
