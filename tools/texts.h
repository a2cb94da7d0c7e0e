// tools/texts.h: The texts of this folder that the model reads, embedded at build: one `<name>.md` a tool.
#pragma once

#include <string>
#include <string_view>

namespace heddle::tools {

// The bytes of `<stem>.md`. Throws std::logic_error for a stem that has no file.
std::string_view embedded_text(std::string_view stem);

// The same without its last newline: what stands in a tool's specification.
std::string description_of(std::string_view tool);

}  // namespace heddle::tools
