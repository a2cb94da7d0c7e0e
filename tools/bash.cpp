// tools/bash.cpp: What cannot be a command, and code for the shell; no login shell, whose profile costs a hundred
// times the start.
#include "tools/bash.h"

#include <fmt/format.h>

#include "tools/code_tool.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

// Linux takes no longer single argument (MAX_ARG_STRLEN), and the gate may want the command run by a shell of its own.
constexpr std::size_t command_bytes_max = 128 * 1024 - 1;

ToolResult refused(std::string text) {
    ToolResult result;
    result.text = std::move(text);
    result.ok = false;
    result.details["refused"] = "arguments";
    return result;
}

}  // namespace

Bash::Bash(bool has_input)
    : Tool(tool_spec("bash", {{"command", {{"type", "string"}}}}, {"command"})), has_input_(has_input) {}

ToolResult Bash::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    const auto& command = arguments.at("command").get_ref<const std::string&>();
    if (command.find('\0') != std::string::npos) {
        return refused("[error: bash: argument \"command\" has a NUL byte; let printf '\\0' make it]");
    }
    if (command.size() > command_bytes_max) {
        return refused(
            fmt::format("[error: bash: argument \"command\" has {} bytes, at most {} can be given; use python]",
                        command.size(), command_bytes_max));
    }
    Code code{"the shell", command, {}, &Workbench::shell, has_input_};
    code.command.argv = {"bash", "-c", command};
    return run_code(code, context, stop);
}

CallSubject Bash::subject(const prompts::Json& arguments, const ToolContext&) const {
    return {arguments.at("command").get<std::string>()};
}

}  // namespace heddle::tools
