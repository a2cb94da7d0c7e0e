// tests/support/parsing.h: Completions read in one go, byte by byte, and made at random.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "prompts/call_parser.h"

namespace heddle::prompts {

struct Parsed {
    Message message;
    std::vector<std::string> repairs;

    bool operator==(const Parsed& other) const {
        return message.reasoning == other.message.reasoning && message.content == other.message.content &&
               message.calls == other.message.calls && repairs == other.repairs;
    }
};

inline Parsed parse(const Pieces& pieces, bool thinking) {
    CallParser parser(thinking);
    for (const auto& piece : pieces) parser.feed(piece);
    Message message = parser.finish();
    return {std::move(message), parser.repairs()};
}

// Control tokens stay whole, as they come from a model; text falls apart.
inline Pieces in_bytes(const Pieces& pieces) {
    Pieces bytes;
    for (const auto& piece : pieces) {
        if (piece.kind == Piece::Kind::control) {
            bytes.push_back(piece);
        } else {
            for (const char c : piece.text) bytes.push_back({Piece::Kind::text, std::string(1, c)});
        }
    }
    return bytes;
}

inline bool is_utf8(const std::string& text) {
    try {
        (void)Json(text).dump();
        return true;
    } catch (const Json::exception&) {
        return false;
    }
}

// Replies as a model could have written them, of texts that try to look like the format.
class RandomReplies {
 public:
    explicit RandomReplies(unsigned seed) : random_(seed) {}

    int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    std::string text(int parts_max) {
        static const char* const parts[] = {" ",
                                            "\n",
                                            "\n\n",
                                            "<",
                                            "</",
                                            "word",
                                            "\"",
                                            "杭州",
                                            "🧵",
                                            "</think>",
                                            "<think>",
                                            "｜DSML｜",
                                            "<｜DSML｜",
                                            "</parameter>",
                                            "</invoke>",
                                            "a>b",
                                            "\t",
                                            "\\",
                                            "<｜DSML｜invoke name=\"x\">\n",
                                            "</｜DSML｜parameter>",
                                            "<｜end▁of▁sentence｜>",
                                            "{\"a\": 1}",
                                            "\r\n",
                                            "'"};
        std::string made;
        for (int i = number(parts_max + 1); i > 0; --i) made += parts[number(static_cast<int>(std::size(parts)))];
        return made;
    }

    Json value() {
        switch (number(9)) {
            case 0:
                return number(1000) - 500;
            case 1:
                return number(1000) / 7.0;
            case 2:
                return number(2) == 0;
            case 3:
                return nullptr;
            case 4:
                return Json{{"k", text(3)}, {"n", {1, "x", Json::object()}}};
            case 5:
                return Json::array({text(2), 1});
            default:
                return text(8);
        }
    }

    Message reply(bool thinking) {
        Message message;
        message.role = Role::assistant;
        if (thinking) message.reasoning = "r" + text(6);
        message.content = text(6);
        for (int i = number(2) * number(5); i > 0; --i) {
            ToolCall call;
            call.id = "call_" + std::to_string(message.calls.size());
            call.name = number(2) ? "bash" : "read \"file\"";
            static const char* const names[] = {"path", "a b", "q\"q", "string=", "x string=\"true", "名", "<", "n"};
            for (int p = number(5); p > 0; --p) call.arguments[names[number(8)]] = value();
            message.calls.push_back(std::move(call));
        }
        return message;
    }

 private:
    std::mt19937 random_;
};

}  // namespace heddle::prompts
