// tools/dispatcher.cpp: One call from name to bounded text, in source order: look up, check, run, clip.
#include "tools/dispatcher.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "tools/arguments.h"
#include "tools/clip.h"

namespace heddle::tools {

namespace {

constexpr std::size_t name_bytes_max = 100;
constexpr std::size_t ending_bytes_max = 1'000;  // what a tool may add to text that it clipped: a note, how it ended

ToolResult refused(std::string text, const char* reason) {
    ToolResult result;
    result.text = "[error: " + std::move(text) + "]";
    result.ok = false;
    result.details["refused"] = reason;
    return result;
}

}  // namespace

Dispatcher::Dispatcher(ToolContext context) : context_(std::move(context)) {}

void Dispatcher::add(std::unique_ptr<Tool> tool) {
    for (const auto& other : tools_) assert(other->spec().name() != tool->spec().name());
    tools_.push_back(std::move(tool));
}

std::vector<prompts::ToolSpec> Dispatcher::specs() const {
    std::vector<prompts::ToolSpec> specs;
    for (const auto& tool : tools_) specs.push_back(tool->spec());
    return specs;
}

ToolResult Dispatcher::call(const prompts::ToolCall& call, std::stop_token stop) {
    Tool* tool = nullptr;
    std::string names;
    for (const auto& candidate : tools_) {
        const std::string name = candidate->spec().name();
        if (name == call.name) tool = candidate.get();
        names += (names.empty() ? "" : ", ") + name;
    }
    if (tool == nullptr) {
        const std::string name = one_line(call.name, name_bytes_max);
        return refused(fmt::format("no tool named \"{}\"; the tools are {}", name, names), "unknown tool");
    }

    CheckedArguments checked = check_arguments(tool->spec(), call.arguments);
    if (!checked.error.empty()) return refused(call.name + ": " + checked.error, "arguments");

    ToolResult result;
    try {
        result = tool->run(checked.arguments, context_, stop);
    } catch (const sandbox::Error&) {
        throw;  // the launcher or the workspace is gone: no other call would fare better, the task has to end
    } catch (const std::exception& error) {
        result = refused(fmt::format("{}: {}", call.name, error.what()), "failed");
    }
    result.text = readable(result.text);
    if (result.text.size() > text_bytes_max + ending_bytes_max) result.text = clipped(result.text);
    if (!checked.coerced.empty()) result.details["coerced"] = checked.coerced;
    return result;
}

}  // namespace heddle::tools
