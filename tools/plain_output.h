// tools/plain_output.h: What a terminal would be left showing of what a program printed, as plain lines.
#pragma once

#include <string>
#include <string_view>

namespace heddle::tools {

// Without escape sequences (ECMA-48) and bells; of a line that was drawn over (\r, backspace) what was drawn last; a
// new line where the cursor was moved to another place or the screen cleared. Other bytes stay as they are. Any bytes
// may come in.
std::string plain_output(std::string_view bytes);

// Whether that differs from the bytes.
bool is_drawn(std::string_view bytes);

}  // namespace heddle::tools
