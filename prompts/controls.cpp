// prompts/controls.cpp: Control tokens that a text spells, and pieces back to text.
#include <utility>

#include "prompts/call_parser.h"

namespace heddle::prompts {

namespace {

constexpr const char* names[] = {control::begin, control::end,       control::user, control::assistant,
                                 control::think, control::think_end, control::dsml};

// The control token that `text` starts with, or an empty view.
std::string_view control_at(std::string_view text) {
    for (const std::string_view name : names) {
        if (text.starts_with(name)) return name;
    }
    return {};
}

}  // namespace

Pieces split_controls(std::string_view text) {
    Pieces pieces;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto name = text[at] == '<' || text[at] == '\xef' ? control_at(text.substr(at)) : std::string_view();
        if (name.empty()) {
            ++at;
            continue;
        }
        if (at > begin) pieces.push_back({Piece::Kind::text, std::string(text.substr(begin, at - begin))});
        pieces.push_back({Piece::Kind::control, std::string(name)});
        begin = at += name.size();
    }
    if (begin < text.size()) pieces.push_back({Piece::Kind::text, std::string(text.substr(begin))});
    return pieces;
}

std::string text_of(const Pieces& pieces) {
    std::string text;
    for (const auto& piece : pieces) text += piece.text;
    return text;
}

std::string text_of(std::span<const Pieces> entries) {
    std::string text;
    for (const auto& entry : entries) text += text_of(entry);
    return text;
}

}  // namespace heddle::prompts
