// tools/search.h: A search by words, whose results are a page with links.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Search : public Tool {
 public:
    Search();
    bool changes_nothing() const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    bool runs_beside(const prompts::Json&, const ToolContext&) const override { return true; }
    Rest begin(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;
};

}  // namespace heddle::tools
