// tools/python.cpp: python3 with the script on standard input: of any length, and no file is left behind.
#include "tools/python.h"

#include "tools/guest_tool.h"
#include "tools/texts.h"

namespace heddle::tools {

Python::Python() {
    spec_ = tool_spec("python", {{"code", {{"type", "string"}}}}, {"code"});
}

ToolResult Python::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    sandbox::Command guest;
    guest.argv = {"python3", "-"};
    guest.input = arguments.at("code").get<std::string>();
    return run_guest(std::move(guest), context, stop);
}

}  // namespace heddle::tools
