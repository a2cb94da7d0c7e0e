// tools/texts.h: What the model is told about each tool: its text, embedded at build from `<name>.md`, and its
// arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prompts/message.h"

namespace heddle::tools {

// The bytes of `<stem>.md`. Throws std::logic_error for a stem that has no file.
std::string_view embedded_text(std::string_view stem);

// A tool's specification: its description is its file without the last newline, its parameters are an object with these
// properties, each a JSON Schema.
prompts::ToolSpec tool_spec(const std::string& name, const prompts::Json& properties,
                            const std::vector<std::string>& required = {});

}  // namespace heddle::tools
