// tools/search.h: A search by words, whose results are a page with links.
#pragma once

#include "tools/tool.h"

namespace heddle::tools {

class Search : public Tool {
 public:
    Search();
    const prompts::ToolSpec& spec() const override { return spec_; }
    bool changes_nothing() const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    prompts::ToolSpec spec_;
};

}  // namespace heddle::tools
