// tools/python.cpp: Code of any length; and what to say where there is no Python.
#include "tools/python.h"

#include "tools/code_tool.h"
#include "tools/texts.h"

namespace heddle::tools {

namespace {

constexpr int status_not_found = 127;

}  // namespace

Python::Python() : Tool(tool_spec("python", {{"code", {{"type", "string"}}}}, {"code"})) {}

ToolResult Python::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    const auto& text = arguments.at("code").get_ref<const std::string&>();
    Code code{"Python", text, {}, &Workbench::python};
    code.command.argv = {"python3", "-"};  // alone it is a script on standard input: no file is left behind
    code.command.input = text;
    ToolResult result = run_code(code, context, stop);
    if (result.details.value("exit_status", prompts::Json()) == status_not_found &&
        result.text.starts_with("heddle: cannot run python3: "))
        return {"[error: python: there is no python3 in the sandbox; use bash]", false, std::move(result.details)};
    return result;
}

}  // namespace heddle::tools
