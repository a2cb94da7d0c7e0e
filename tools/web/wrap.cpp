// tools/web/wrap.cpp: Where a line may end, and the filling of lines with what stands between two such places.
#include "tools/web/wrap.h"

#include <algorithm>
#include <cstddef>

#include "tools/web/characters.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t width = 80;

using Text = std::u32string_view;

bool is_space(char32_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool letter_at(Text text, std::size_t at) {
    return at < text.size() && is_letter(text[at]);
}

bool hyphen_at(Text text, std::size_t at) {
    return at < text.size() && text[at] == '-';
}

// What may stand before a dash: a word, or the punctuation that ends one.
bool ends_word(char32_t c) {
    return Text(U"!\"'&.,?").find(c) != Text::npos || is_word(c);
}

// The length of a dash of two hyphens and more between words that begins here; 0: there is none.
std::size_t dash_at(Text text, std::size_t at) {
    if (at == 0 || !hyphen_at(text, at) || !hyphen_at(text, at + 1) || !ends_word(text[at - 1])) return 0;
    const std::size_t end = std::min(text.find_first_not_of(U'-', at), text.size());
    return end < text.size() && is_word(text[end]) ? end - at : 0;
}

// After the hyphen before `at`: two letters before it, or a letter and a hyphen twice; and the like after it.
bool may_break_after_hyphen(Text text, std::size_t at) {
    if (at < 3 || !hyphen_at(text, at - 1) || !letter_at(text, at - 2)) return false;
    const bool before = letter_at(text, at - 3) || (at >= 4 && hyphen_at(text, at - 3) && letter_at(text, at - 4));
    const bool after =
        letter_at(text, at) && (letter_at(text, at + 1) || (hyphen_at(text, at + 1) && letter_at(text, at + 2)));
    return before && after;
}

// The end of the piece that begins at `at` and is never divided while it fits a line.
std::size_t piece_end(Text text, std::size_t at) {
    std::size_t end = at;
    if (is_space(text[at])) {
        while (end < text.size() && is_space(text[end])) ++end;
        return end;
    }
    if (const std::size_t dash = dash_at(text, at)) return at + dash;
    for (++end; end < text.size(); ++end) {
        if (is_space(text[end]) || (end - at > 1 && may_break_after_hyphen(text, end))) break;
        if (text[end] == '-' && text[end - 1] != '-' && dash_at(text, end) > 0) break;
    }
    return end;
}

// How much of a piece that is longer than a line goes into the room that is left: up to a hyphen if one is there.
std::size_t cut_of(Text piece, std::size_t room) {
    if (room == 0 || piece.size() <= room) return std::min(piece.size(), room);
    const std::size_t hyphen = piece.rfind(U'-', room - 1);
    if (hyphen == Text::npos || hyphen == 0) return room;
    return piece.substr(0, hyphen).find_first_not_of(U'-') == Text::npos ? room : hyphen + 1;
}

std::u32string without_tabs(Text text) {
    std::u32string out;
    for (const char32_t c : text) {
        if (c == '\t') {
            out.append(8 - out.size() % 8, U' ');
        } else {
            out += c;
        }
    }
    return out;
}

void wrap_paragraph(Text text, std::vector<Line>& lines) {
    std::size_t begin = 0;  // of the line at hand
    std::size_t at = 0;     // of the next piece
    std::size_t end = 0;    // of the next piece, once it is known
    const auto finish = [&](std::size_t until) {
        lines.push_back({to_utf8(text.substr(begin, until - begin)), until < text.size()});
        begin = until;
    };
    while (at < text.size()) {
        if (end <= at) end = piece_end(text, at);
        const std::size_t used = at - begin;
        if (used + (end - at) <= width) {
            at = end;
            continue;
        }
        if (end - at > width) at += cut_of(text.substr(at, end - at), width - used);
        finish(at);
    }
    if (begin < text.size() || text.empty()) finish(text.size());
}

}  // namespace

std::vector<Line> wrap_text(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t newline = std::min(text.find('\n', at), text.size());
        wrap_paragraph(without_tabs(to_code_points(text.substr(at, newline - at))), lines);
        at = newline + 1;
    }
    return lines;
}

}  // namespace heddle::tools::web
