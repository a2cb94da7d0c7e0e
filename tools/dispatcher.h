// tools/dispatcher.h: The one door to all tools: look up, check, run, clip.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "tools/tool.h"

namespace heddle::tools {

class Dispatcher {
 public:
    explicit Dispatcher(ToolContext context);
    void add(std::unique_ptr<Tool> tool);  // the order of adding is the order in the prompt
    std::vector<prompts::ToolSpec> specs() const;

    // Never throws for what a model can cause: an unknown tool, arguments outside the schema or a failing tool become
    // a result whose text says what was wrong and how to do it right.
    ToolResult call(const prompts::ToolCall& call, std::stop_token stop);

 private:
    ToolContext context_;
    std::vector<std::unique_ptr<Tool>> tools_;
};

}  // namespace heddle::tools
