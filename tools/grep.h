// tools/grep.h: Searches files of the workspace by content and by name.
#pragma once

#include <atomic>

#include "tools/tool.h"

namespace heddle::tools {

class Grep : public Tool {
 public:
    Grep();
    bool changes_nothing() const override { return true; }
    bool runs_beside(const prompts::Json&, const ToolContext&) const override { return true; }
    CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const override;
    ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) override;

 private:
    std::atomic<bool> has_ripgrep_ = true;  // until a guest has none
};

}  // namespace heddle::tools
