// tools/bash.cpp: bash -c COMMAND, not a login shell: reading the profile costs a hundred times the start.
#include "tools/bash.h"

#include <fmt/format.h>

#include "tools/guest_tool.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

constexpr std::size_t command_bytes_max = 128 * 1024 - 1;  // Linux takes no longer single argument (MAX_ARG_STRLEN)

ToolResult refused(std::string text) {
    ToolResult result;
    result.text = std::move(text);
    result.ok = false;
    result.details["refused"] = "arguments";
    return result;
}

}  // namespace

Bash::Bash() {
    spec_ = tool_spec("bash", {{"command", {{"type", "string"}}}}, {"command"});
}

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
    sandbox::Command guest;
    guest.argv = {"bash", "-c", command};
    return run_guest(std::move(guest), context, stop);
}

CallSubject Bash::subject(const prompts::Json& arguments, const ToolContext&) const {
    return {arguments.at("command").get<std::string>()};
}

}  // namespace heddle::tools
