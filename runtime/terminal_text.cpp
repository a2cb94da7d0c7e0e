// runtime/terminal_text.cpp: Hostile text made safe to print on a terminal, also as it streams in.
#include "runtime/terminal_text.h"

#include <fmt/core.h>

#include <cstdint>

namespace heddle {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t size = 0;  // bytes; 0: not UTF-8
    bool cut = false;      // right so far, but bytes are missing
};

Character first_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xc2 && lead < 0xe0   ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
    if (size == 0) return {};
    std::uint32_t code = lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (i == text.size()) return {0, 0, true};
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return {};
        code = code << 6 | (byte & 0x3f);
        // Overlong forms, surrogates and what lies beyond Unicode show in the second byte.
        if (i == 1 && ((lead == 0xe0 && byte < 0xa0) || (lead == 0xed && byte >= 0xa0) ||
                       (lead == 0xf0 && byte < 0x90) || (lead == 0xf4 && byte >= 0x90))) {
            return {};
        }
    }
    return {code, size};
}

bool deceives(std::uint32_t code) {
    return (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0x061c || code == 0xfeff ||
           (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

std::string escaped(std::uint32_t code) {
    return code < 0x80 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
}

}  // namespace

std::string TerminalText::feed(std::string_view bytes) {
    waiting_ += bytes;
    std::string shown;
    std::string_view rest = waiting_;
    while (!rest.empty()) {
        const Character character = first_character(rest);
        if (character.cut) break;
        if (character.size == 0) {
            shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(rest[0]));
            rest.remove_prefix(1);
            continue;
        }
        if (deceives(character.code)) {
            shown += escaped(character.code);
        } else {
            shown += rest.substr(0, character.size);
        }
        rest.remove_prefix(character.size);
    }
    waiting_ = std::string(rest);
    return shown;
}

std::string TerminalText::finish() {
    std::string shown;
    for (const char byte : waiting_) shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    waiting_.clear();
    return shown;
}

std::string printable(std::string_view text) {
    TerminalText terminal;
    std::string shown = terminal.feed(text);
    return shown + terminal.finish();
}

std::string printable_line(std::string_view text) {
    std::string line;
    for (const char byte : printable(text)) {
        if (byte == '\n') {
            line += "\\n";
        } else if (byte == '\t') {
            line += "\\t";
        } else {
            line += byte;
        }
    }
    return line;
}

std::string printable_json(std::string_view json) {
    std::string safe;
    while (!json.empty()) {
        const Character character = first_character(json);
        const std::size_t size = character.size == 0 ? 1 : character.size;
        if (!deceives(character.code) || character.size == 0) {
            safe += json.substr(0, size);
        } else if (character.code < 0x10000) {
            safe += fmt::format("\\u{:04x}", character.code);
        } else {
            const std::uint32_t rest = character.code - 0x10000;
            safe += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
        }
        json.remove_prefix(size);
    }
    return safe;
}

}  // namespace heddle
