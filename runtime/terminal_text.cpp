// runtime/terminal_text.cpp: Hostile text made safe to print on a terminal, also as it streams in.
#include "runtime/terminal_text.h"

#include <fmt/core.h>

#include <cstdint>

#include "sandbox/printable.h"

namespace heddle {

namespace {

using sandbox::Character;
using sandbox::first_character;

// Unlike a name, running text has lines, and marks that choose a sign's form.
bool deceives(char32_t code) {
    const bool is_control = (code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0);
    const bool chooses_form = code >= 0xfe00 && code <= 0xfe0f;
    return is_control || (sandbox::invisible(code) && !chooses_form);
}

std::string escaped(char32_t code) {
    const auto number = static_cast<std::uint32_t>(code);
    return code < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
}

}  // namespace

std::string TerminalText::feed(std::string_view bytes) {
    waiting_ += bytes;
    std::string shown;
    std::string_view rest = waiting_;
    while (!rest.empty()) {
        const Character character = first_character(rest);
        if (character.is_cut) break;
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

std::string printable_text(std::string_view text) {
    TerminalText terminal;
    std::string shown = terminal.feed(text);
    return shown + terminal.finish();
}

std::string printable_line(std::string_view text) {
    std::string line;
    for (const char byte : printable_text(text)) {
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
            safe += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(character.code));
        } else {
            const auto rest = static_cast<std::uint32_t>(character.code - 0x10000);
            safe += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
        }
        json.remove_prefix(size);
    }
    return safe;
}

}  // namespace heddle
