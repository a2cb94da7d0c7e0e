// tools/plain_output.cpp: One pass over the bytes with the line that is being drawn.
#include "tools/plain_output.h"

namespace heddle::tools {

namespace {

constexpr char escape = '\x1b', bell = '\x07';

// The size of the sequence at the front of `text`, which begins with an escape; one that does not end takes all that
// can be of it. `final`: the byte that says what it does, of "ESC [ ... final"; else 0.
std::size_t sequence_size(std::string_view text, char& final) {
    final = 0;
    if (text.size() < 2) return text.size();
    const char kind = text[1];
    std::size_t at = 2;
    if (kind == '[') {
        while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x3f) ++at;
        if (at == text.size() || text[at] < 0x40 || text[at] == 0x7f) return at;
        final = text[at];
        return at + 1;
    }
    if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {  // a string, to its terminator
        for (; at < text.size() && text[at] != '\n'; ++at) {
            if (text[at] == bell) return at + 1;
            if (text[at] == escape) return at + 1 < text.size() && text[at + 1] == '\\' ? at + 2 : at;
        }
        return at;
    }
    at = 1;
    while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x2f) ++at;  // as in "ESC ( B"
    return at < text.size() && text[at] >= 0x30 && text[at] <= 0x7e ? at + 1 : at;
}

bool moves_elsewhere(char final) {
    return final == 'H' || final == 'f' || final == 'd' || final == 'J' || final == 'A' || final == 'B' ||
           final == 'E' || final == 'F';
}

void remove_last_character(std::string& line) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
    if (!line.empty()) line.pop_back();
}

}  // namespace

bool is_drawn(std::string_view bytes) {
    return bytes.find_first_of("\x1b\r\b\x07") != bytes.npos;
}

std::string plain_output(std::string_view bytes) {
    std::string out, line;
    bool is_returned = false;  // the cursor is at the line's start: what comes is drawn over it
    const auto draw = [&](char c) {
        if (is_returned) line.clear();
        is_returned = false;
        line += c;
    };
    const auto next_line = [&] {
        out += line += '\n';
        line.clear();
        is_returned = false;
    };
    while (!bytes.empty()) {
        const char c = bytes.front();
        std::size_t size = 1;
        if (c == escape) {
            char final = 0;
            size = sequence_size(bytes, final);
            if (moves_elsewhere(final) && !line.empty()) next_line();
            if (final == 'K' && is_returned) line.clear();
        } else if (c == '\n') {
            next_line();
        } else if (c == '\r') {
            is_returned = true;
        } else if (c == '\b') {
            remove_last_character(line);
        } else if (c != bell) {
            draw(c);
        }
        bytes.remove_prefix(size);
    }
    return out + line;
}

}  // namespace heddle::tools
