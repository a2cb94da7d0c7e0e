// tools/dispatcher.cpp: Calls from name to bounded text, in source order: look up, check, approve, run, finish.
#include "tools/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <thread>
#include <utility>

#include "tools/arguments.h"
#include "tools/clip.h"

namespace heddle::tools {

namespace {

constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t ending_bytes_max = 1'000;  // what a tool may add to text that it clipped: a note, how it ended
constexpr std::size_t batch_max = 8;             // threads of one reply

ToolResult refused(std::string text, const char* reason) {
    ToolResult result;
    result.text = std::move(text);
    result.ok = false;
    result.details["refused"] = reason;
    return result;
}

ToolResult wrong(const std::string& text, const char* reason) {
    return refused("[error: " + text + "]", reason);
}

}  // namespace

Dispatcher::Dispatcher(ToolContext context, Approvals approvals, Secrets secrets)
    : context_(std::move(context)), approvals_(std::move(approvals)), secrets_(std::move(secrets)) {}

void Dispatcher::add(std::unique_ptr<Tool> tool) {
    assert(tool_named(tool->spec().name()) == nullptr);
    tools_.push_back(std::move(tool));
}

std::vector<prompts::ToolSpec> Dispatcher::specs() const {
    std::vector<prompts::ToolSpec> specs;
    for (const auto& tool : tools_) specs.push_back(tool->spec());
    return specs;
}

Tool* Dispatcher::tool_named(const std::string& name) const {
    const auto found = std::ranges::find_if(tools_, [&](const auto& tool) { return tool->spec().name() == name; });
    return found == tools_.end() ? nullptr : found->get();
}

std::size_t Dispatcher::batch_of(std::span<const prompts::ToolCall> calls) const {
    if (calls.size() < 2) return 1;
    const auto runs_beside = [this](const prompts::ToolCall& call) {
        const Tool* tool = tool_named(call.name);
        if (tool == nullptr) return false;
        const CheckedArguments checked = check_arguments(tool->spec(), call.arguments);
        return checked.error.empty() && tool->runs_beside(checked.arguments, context_);
    };
    const auto end = std::find_if_not(calls.begin(), calls.end(), runs_beside);
    return std::clamp<std::size_t>(static_cast<std::size_t>(end - calls.begin()), 1, batch_max);
}

std::vector<ToolResult> Dispatcher::call(std::span<const prompts::ToolCall> batch, std::stop_token stop) {
    std::vector<Admitted> admitted;
    for (const auto& call : batch) admitted.push_back(admit(call, stop));
    if (admitted.size() > 1) begin(admitted, stop);
    std::vector<ToolResult> results;
    for (auto& one : admitted) {
        if (one.rest) {
            run(one, [&] { one.result = one.rest(); });
        } else if (one.tool != nullptr && admitted.size() == 1) {
            run(one, [&] { one.result = one.tool->run(one.call.arguments, context_, stop); });
        }
        results.push_back(finish(std::move(one)));
    }
    return results;
}

// All that may be done side by side of a batch.
void Dispatcher::begin(std::vector<Admitted>& batch, const std::stop_token& stop) {
    std::vector<std::exception_ptr> lost(batch.size());
    const auto begin_at = [&](std::size_t i) {
        Admitted& one = batch[i];
        try {
            if (one.tool != nullptr) run(one, [&] { one.rest = one.tool->begin(one.call.arguments, context_, stop); });
        } catch (...) {
            lost[i] = std::current_exception();  // the launcher or the workspace is gone
        }
    };
    {
        std::vector<std::jthread> beside;
        for (std::size_t i = 1; i < batch.size(); ++i) beside.emplace_back(begin_at, i);
        begin_at(0);
    }
    for (const auto& failure : lost) {
        if (failure) std::rethrow_exception(failure);
    }
}

ToolResult Dispatcher::call(const prompts::ToolCall& call, std::stop_token stop) {
    return this->call({&call, 1}, std::move(stop)).front();
}

Dispatcher::Admitted Dispatcher::admit(const prompts::ToolCall& call, std::stop_token stop) {
    Admitted admitted;
    admitted.call = call;
    Tool* const tool = tool_named(call.name);
    if (tool == nullptr) {
        std::string names;
        for (const auto& one : tools_) names += (names.empty() ? "" : ", ") + one->spec().name();
        admitted.result =
            wrong(fmt::format("no tool named \"{}\"; the tools are {}", one_line(call.name, name_bytes_max), names),
                  "unknown tool");
        return admitted;
    }
    CheckedArguments checked = check_arguments(tool->spec(), call.arguments);
    if (!checked.error.empty()) {
        admitted.result = wrong(call.name + ": " + checked.error, "arguments");
        return admitted;
    }
    admitted.call.arguments = std::move(checked.arguments);
    if (const std::string why = tool->waits() ? "" : repeats_.refusal(admitted.call); !why.empty()) {
        admitted.result = refused(why, "repeated");
        if (repeats_.is_hopeless()) admitted.result.hopeless = "the model makes the same calls again and again";
        return admitted;
    }
    const Approval approval = approvals_.decide(admitted.call, tool->subject(admitted.call.arguments, context_),
                                                tool->changes_nothing(), std::move(stop));
    if (!approval.refusal.empty()) admitted.result = refused(approval.refusal, "approval");
    if (!approval.details.is_null()) admitted.details["approval"] = approval.details;
    if (!checked.coerced.empty()) admitted.details["coerced"] = checked.coerced;
    if (approval.refusal.empty()) admitted.tool = tool;
    return admitted;
}

// A step of a tool's work; what it throws is its result.
void Dispatcher::run(Admitted& admitted, const std::function<void()>& step) {
    try {
        step();
    } catch (const sandbox::Error&) {
        throw;  // no other call would fare better: the task has to end
    } catch (const std::exception& error) {
        admitted.result = wrong(fmt::format("{}: {}", admitted.call.name, error.what()), "failed");
    }
}

// What the tool returned, masked and bounded, and what the door itself has to say of the call.
ToolResult Dispatcher::finish(Admitted admitted) {
    ToolResult result = std::move(admitted.result);
    result.text = readable(secrets_.masked(result.text));
    if (result.text.size() > text_bytes_max + ending_bytes_max) result.text = clipped(result.text);
    if (result.answer) result.answer = secrets_.masked(*result.answer);
    if (admitted.tool != nullptr && !admitted.tool->waits()) {
        if (const std::string note = repeats_.note(admitted.call, result.text); !note.empty()) {
            result.text += "\n" + note;
            result.details["repeated"] = true;
        }
    }
    result.details.update(admitted.details);
    secrets_.mask(result.details);
    return result;
}

}  // namespace heddle::tools
