// prompts/json_text.cpp: JSON as the chat format prints it, and read with a bound on its depth.
#include "prompts/json_text.h"

#include <charconv>
#include <cmath>

#include "prompts/error.h"

namespace heddle::prompts {

namespace {

constexpr int depth_max = 100;  // a schema or an argument has about ten; each level is a frame on someone's stack

std::string string_text(const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Plain digits between 1e-4 and 1e16, an exponent beyond: the borders that Python draws.
std::string float_text(double value) {
    const double size = std::abs(value);
    const bool plain = value == 0 || (size >= 1e-4 && size < 1e16);
    char buffer[64];
    const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
    const auto [end, failure] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
    if (failure != std::errc()) throw Error("cannot print a number");
    std::string text(buffer, end);
    if (plain && text.find('.') == std::string::npos) text += ".0";
    return text;
}

void append(std::string& out, const Json& json) {
    if (json.is_string()) {
        out += string_text(json.get_ref<const std::string&>());
    } else if (json.is_number_float()) {
        out += float_text(json.get<double>());
    } else if (json.is_array()) {
        out += '[';
        const char* separator = "";
        for (const auto& item : json) {
            out += separator;
            append(out, item);
            separator = ", ";
        }
        out += ']';
    } else if (json.is_object()) {
        out += '{';
        const char* separator = "";
        for (const auto& [key, value] : json.items()) {
            out += separator;
            out += string_text(key);
            out += ": ";
            append(out, value);
            separator = ", ";
        }
        out += '}';
    } else {
        out += json.dump();
    }
}

}  // namespace

std::string json_text(const Json& json) {
    std::string out;
    append(out, json);
    return out;
}

Json parse_json(std::string_view text) {
    const auto not_too_deep = [](int depth, Json::parse_event_t, Json&) {
        if (depth > depth_max) throw Error("the JSON nests too deeply; at most 100 levels are read");
        return true;
    };
    try {
        return Json::parse(text, not_too_deep);
    } catch (const Json::exception& error) {
        std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
        const auto end = reason.find("] ");
        if (end != std::string::npos) reason.erase(0, end + 2);
        throw Error(reason);
    }
}

}  // namespace heddle::prompts
