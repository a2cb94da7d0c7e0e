// tools/open.h: A page by a link, by its URL, or at another place.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Open : public Tool {
 public:
    Open();
    bool changes_nothing() const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    bool runs_beside(const prompts::Json& arguments, const ToolContext& context) const override;
    Rest begin(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
