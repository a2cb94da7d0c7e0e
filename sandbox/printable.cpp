// sandbox/printable.cpp: Escapes what a text could use to look like something else.
#include "sandbox/printable.h"

#include <fmt/core.h>

namespace heddle::sandbox {

// The range of the second byte is what rules out overlong forms, surrogates and what lies beyond U+10FFFF.
Character first_character(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xc2 || lead > 0xf4) return {0, 0, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    char32_t code = lead & (0xffu >> (size + 1));
    for (std::size_t at = 1; at < size; ++at) {
        if (at == text.size()) return {0, 0, at, true};
        if (byte(at) < (at == 1 ? low : 0x80) || byte(at) > (at == 1 ? high : 0xbf)) return {0, 0, at};
        code = code << 6 | (byte(at) & 0x3fu);
    }
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

std::string printable(std::string_view bytes) {
    std::string text;
    bool plain = !bytes.empty();
    while (!bytes.empty()) {
        const Character character = first_character(bytes);
        const std::size_t size = character.size == 0 ? 1 : character.size;
        const char32_t code = character.code;
        const bool escaped = character.size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == '"' ||
                             code == '\\' || invisible(code);
        // Spaces of any kind and parentheses are shown, but in quotes: a name must not end in "(protected: ...)".
        if (escaped || code == ' ' || code == '(' || code == 0xa0 || code == 0x1680 || code == 0x202f ||
            code == 0x205f || code == 0x3000 || (code >= 0x2000 && code <= 0x200a))
            plain = false;
        for (const char byte : bytes.substr(0, size)) {
            if (escaped)
                text += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
            else
                text += byte;
        }
        bytes.remove_prefix(size);
    }
    return plain ? text : '"' + text + '"';
}

}  // namespace heddle::sandbox
