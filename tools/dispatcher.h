// tools/dispatcher.h: The one door to all tools: look up, check, approve, run, and what the model reads of it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "tools/approvals.h"
#include "tools/repeats.h"
#include "tools/secrets.h"
#include "tools/tool.h"

namespace heddle::tools {

// One thread at a time; tools may run on others meanwhile.
class Dispatcher {
 public:
    explicit Dispatcher(ToolContext context, Approvals approvals = {}, Secrets secrets = {});
    void add(std::unique_ptr<Tool> tool);  // the order of adding is the order in the prompt
    std::vector<prompts::ToolSpec> specs() const;

    // A user's message begins what is looked at for repeated calls.
    void begin_turn() { repeats_.begin_turn(); }

    // How many calls from the first on may run side by side: at least 1, of at least one call.
    std::size_t batch_of(std::span<const prompts::ToolCall> calls) const;

    // Results in the order of the calls, which are a batch. Never throws for what a model can cause: an unknown tool,
    // arguments outside the schema or a failing tool become a result whose text says what was wrong and how to do it
    // right. Throws sandbox::Error for a dead launcher or a lost workspace.
    std::vector<ToolResult> call(std::span<const prompts::ToolCall> batch, std::stop_token stop);
    ToolResult call(const prompts::ToolCall& call, std::stop_token stop);

 private:
    // A call that is going to run, or the result that it has without that.
    struct Admitted {
        Tool* tool = nullptr;
        prompts::ToolCall call;  // with its arguments as the tool gets them
        prompts::Json details = prompts::Json::object();
        Tool::Rest rest;  // of a call that was begun beside others
        ToolResult result;
    };
    Tool* tool_named(const std::string& name) const;
    Admitted admit(const prompts::ToolCall& call, std::stop_token stop);
    void begin(std::vector<Admitted>& batch, const std::stop_token& stop);
    static void run(Admitted& admitted, const std::function<void()>& step);
    ToolResult finish(Admitted admitted);

    ToolContext context_;
    Approvals approvals_;
    Secrets secrets_;
    Repeats repeats_;
    std::vector<std::unique_ptr<Tool>> tools_;
};

}  // namespace heddle::tools
