// prompts/library.h: The prompts that are files beside the sources, embedded at build.
#pragma once

#include <string_view>

namespace heddle::prompts {

// The bytes of <stem>.md in this folder, for the life of the program. A stem that is no file is a bug.
std::string_view embedded_text(std::string_view stem);

}  // namespace heddle::prompts
