// sandbox/printable.h: Makes any bytes one line of plain text, for messages and listings.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sandbox {

// What is not printable ASCII, and the backslash, becomes \xNN: no cursor moves, no line and no direction changes.
std::string printable(std::string_view bytes);

}  // namespace heddle::sandbox
