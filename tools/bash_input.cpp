// tools/bash_input.cpp: Keys by name, since a model cannot be sure to write a control character.
#include "tools/bash_input.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "tools/code_tool.h"
#include "tools/guest_tool.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

using prompts::Json;

constexpr int wait_max = 60, wait_for_end = 30, wait_after_typing = 2;  // seconds

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> keys = {{{"enter", "\r"},
                                                                                 {"none", ""},
                                                                                 {"ctrl-c", "\x03"},
                                                                                 {"ctrl-d", "\x04"},
                                                                                 {"ctrl-z", "\x1a"},
                                                                                 {"ctrl-\\", "\x1c"},
                                                                                 {"escape", "\x1b"},
                                                                                 {"tab", "\t"},
                                                                                 {"backspace", "\x7f"},
                                                                                 {"up", "\x1b[A"},
                                                                                 {"down", "\x1b[B"},
                                                                                 {"right", "\x1b[C"},
                                                                                 {"left", "\x1b[D"}}};

// What is typed: the text, and the key behind it. A text that ends its line itself needs no enter.
std::string typed(const Json& arguments) {
    std::string text = arguments.value("text", "");
    const bool is_entered = text.ends_with('\n') || text.ends_with('\r');
    const std::string by_itself = arguments.contains("text") && !is_entered ? "enter" : "none";
    const std::string key = arguments.value("key", by_itself);
    std::ranges::replace(text, '\n', '\r');  // as the key sends it, also to programs that take keys one by one
    return text += std::ranges::find(keys, std::string_view(key), &decltype(keys)::value_type::first)->second;
}

prompts::ToolSpec specification() {
    Json names = Json::array();
    for (const auto& key : keys) names.push_back(key.first);
    return tool_spec("bash_input", {{"text", {{"type", "string"}}},
                                    {"key", {{"type", "string"}, {"enum", names}}},
                                    {"kill", {{"type", "boolean"}}},
                                    {"wait", {{"type", "integer"}, {"minimum", 0}, {"maximum", wait_max}}}});
}

}  // namespace

BashInput::BashInput() : Tool(specification()) {}

ToolResult BashInput::run(const Json& arguments, ToolContext& context, std::stop_token stop) {
    const char* const name = "the shell";
    const sandbox::Limits& limits = context.bench.policy().limits;
    Interpreter* const shell = context.bench.shell(quieted(context.environment));
    const std::string text = typed(arguments);
    if (shell == nullptr || !shell->is_running()) {
        if (!text.empty() || shell == nullptr)
            return {"[error: nothing is running that could be typed to; start it with bash]",
                    false,
                    {{"refused", "arguments"}}};
        CodeReply reply = shell->type("", {}, stop);
        reply.result.outcome = {sandbox::Outcome::Kind::exited, 0, {}, {}};  // that of the last one was told
        return told(reply, name, limits, {"no command is running"});
    }
    if (arguments.value("kill", false)) return told(shell->interrupt(), name, limits);
    const int wait = arguments.value("wait", text.empty() ? wait_for_end : wait_after_typing);
    return told(shell->type(text, std::chrono::seconds(wait), stop), name, limits);
}

// A shell may be what is typed to.
CallSubject BashInput::subject(const Json& arguments, const ToolContext&) const {
    return {arguments.value("text", std::string())};
}

}  // namespace heddle::tools
