// prompts/entry.h: Collects the pieces of one rendered message; control tokens enter by name, all else is text.
#pragma once

#include <string_view>
#include <utility>

#include "prompts/call_parser.h"
#include "prompts/chat_format.h"

namespace heddle::prompts {

class Entry {
 public:
    void control(const char* name) { pieces_.push_back({Piece::Kind::control, name}); }

    void text(std::string_view text) {
        if (text.empty()) return;
        if (pieces_.empty() || pieces_.back().kind == Piece::Kind::control) pieces_.push_back({});
        pieces_.back().text += text;
    }

    // A DSML tag: `before` is "<" or "</" with what stands before it, `after` the name, its attributes and the rest.
    void tag(std::string_view before, std::string_view after) {
        text(before);
        control(control::dsml);
        text(after);
    }

    // Text of our own, whose control tokens are meant.
    void trusted(std::string_view text_with_controls) {
        for (const auto& piece : split_controls(text_with_controls)) {
            if (piece.kind == Piece::Kind::text) {
                text(piece.text);
            } else {
                pieces_.push_back(piece);
            }
        }
    }

    Pieces take() { return std::move(pieces_); }

 private:
    Pieces pieces_;
};

}  // namespace heddle::prompts
