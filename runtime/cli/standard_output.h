// runtime/cli/standard_output.h: Writes a command's answer, and notices when it does not arrive.
#pragma once

#include <string_view>

namespace heddle {

// Writes and flushes; throws Error when standard output takes no more (a full disk, say).
void print_answer(std::string_view text);

}  // namespace heddle
