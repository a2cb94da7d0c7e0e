// sandbox/printable.cpp: Makes any bytes one line of plain text.
#include "sandbox/printable.h"

#include <fmt/core.h>

namespace heddle::sandbox {

std::string printable(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (c >= ' ' && c <= '~' && c != '\\')
            text += c;
        else
            text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return text;
}

}  // namespace heddle::sandbox
