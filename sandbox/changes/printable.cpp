// sandbox/changes/printable.cpp: Escapes what a name could use to look like something else.
#include "sandbox/changes/printable.h"

#include <fmt/core.h>

namespace heddle::sandbox::changes {

Character first_character(std::string_view text) {
    if (text.empty()) return {};
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return {};
    char32_t code = first & (0x7fu >> size);
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0) != 0x80) return {};
        code = code << 6 | (byte(at) & 0x3fu);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {code, size};
}

// Of Unicode's Default_Ignorable_Code_Point and Bidi_Control, and the two line separators.
bool invisible(char32_t code) {
    const auto in = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
    return code == 0xad || code == 0x34f || code == 0x61c || code == 0x3164 || code == 0xfeff || code == 0xffa0 ||
           in(0x115f, 0x1160) || in(0x17b4, 0x17b5) || in(0x180b, 0x180f) || in(0x200b, 0x200f) || in(0x2028, 0x202e) ||
           in(0x2060, 0x206f) || in(0xfe00, 0xfe0f) || in(0xfff0, 0xfffb) || in(0x1bca0, 0x1bca3) ||
           in(0x1d173, 0x1d17a) || in(0xe0000, 0xe0fff);
}

std::string printable(std::string_view path) {
    std::string text;
    bool plain = !path.empty();
    while (!path.empty()) {
        const Character character = first_character(path);
        const std::size_t size = character.size == 0 ? 1 : character.size;
        const char32_t code = character.code;
        const bool escaped = character.size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '"' ||
                             code == '\\' || invisible(code);
        // Spaces of any kind and parentheses are shown, but in quotes: a name must not end in "(protected: ...)".
        if (escaped || code == ' ' || code == '(' || code == 0xa0 || code == 0x1680 || code == 0x202f ||
            code == 0x205f || code == 0x3000 || (code >= 0x2000 && code <= 0x200a))
            plain = false;
        for (const char byte : path.substr(0, size)) {
            if (escaped)
                text += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
            else
                text += byte;
        }
        path.remove_prefix(size);
    }
    return plain ? text : '"' + text + '"';
}

}  // namespace heddle::sandbox::changes
