// tests/support/shapes.h: A departure from the format: what it is, what is read from it, and what is named.
#pragma once

#include <doctest.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/parsing.h"
#include "tests/support/prompts.h"

namespace heddle::prompts {

struct Shape {
    const char* claim;
    const char* text;  // "D|" stands for the DSML token, "EOS" for the end token
    const char* content;
    const char* calls;                 // name and arguments of each, as JSON
    std::vector<const char*> repairs;  // exactly these are named, each by a part of it
    bool thinking = false;
    const char* reasoning = "";
};

inline std::string with_tokens(std::string text) {
    for (const auto& [name, token] : {std::pair{"D|", control::dsml}, std::pair{"EOS", control::end}}) {
        for (auto at = text.find(name); at != text.npos; at = text.find(name, at))
            text.replace(at, std::strlen(name), token);
    }
    return text;
}

inline std::string calls_of(const Message& message) {
    std::string text;
    for (const auto& call : message.calls) text += call.name + json_text(call.arguments) + " ";
    if (!text.empty()) text.pop_back();
    return text;
}

#define OPEN "\n\n<D|function_calls>\n"
#define CLOSE "\n</D|function_calls>"
#define CALL_F "<D|invoke name=\"f\">\n"
#define END_CALL "\n</D|invoke>"
#define PARAM_A "<D|parameter name=\"a\" string=\"true\">x</D|parameter>"
#define TEXT_CALL "<invoke name=\"f\">\n<parameter name=\"a\" string=\"true\">x</parameter>\n</invoke>"

inline constexpr const char* called = "f{\"a\": \"x\"}";
inline constexpr const char* empty_call = "f{}";

// Reads each shape whole and byte by byte.
inline void check(std::span<const Shape> shapes) {
    for (const auto& shape : shapes) {
        INFO(std::string(shape.claim));
        const auto pieces = split_controls(with_tokens(shape.text));
        const auto parsed = parse(pieces, shape.thinking);
        CHECK(parsed.message.content == with_tokens(shape.content));
        CHECK(parsed.message.reasoning == shape.reasoning);
        CHECK(calls_of(parsed.message) == std::string(shape.calls));
        for (std::size_t i = 0; i < parsed.message.calls.size(); ++i) {
            CHECK(parsed.message.calls[i].id == "call_" + std::to_string(i));
        }
        std::string named;
        for (const auto& repair : parsed.repairs) named += "[" + repair + "] ";
        INFO(named);
        CHECK(parsed.repairs.size() == shape.repairs.size());
        for (const char* part : shape.repairs) CHECK(named.find(part) != std::string::npos);
        CHECK(parse(in_bytes(pieces), shape.thinking) == parsed);
    }
}

}  // namespace heddle::prompts
