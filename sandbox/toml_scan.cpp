// sandbox/toml_scan.cpp: Walks over TOML's strings and comments (TOML 1.0, "Comment" and "String").
#include "sandbox/toml_scan.h"

#include <algorithm>

namespace heddle::sandbox {

namespace {

// Behind the string that opens at `at`; a string without an end ends with its line, or with the text.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const std::string_view triple = quote == '"' ? R"(""")" : "'''";
    const bool lines = text.substr(at, triple.size()) == triple;
    for (at += lines ? triple.size() : 1; at < text.size(); ++at) {
        if (text[at] == '\\' && quote == '"')
            ++at;
        else if (!lines && (text[at] == quote || text[at] == '\n'))
            return at + 1;
        else if (lines && text.substr(at, triple.size()) == triple)
            return at + triple.size();
    }
    return text.size();
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::size_t> offset_of_stray_letter(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '#') {
            at = std::min(text.find('\n', at), text.size());
        } else if (text[at] == '"' || text[at] == '\'') {
            const std::size_t end = end_of_string(text, at);
            if (!is_ascii(text.substr(at, end - at))) return at;
            at = end;
        } else if (!is_ascii(text.substr(at, 1))) {
            return at;
        } else {
            ++at;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<TextPlace> find_stray_letter(std::string_view text) {
    const auto offset = offset_of_stray_letter(text);
    if (!offset) return std::nullopt;
    const std::string_view before = text.substr(0, *offset);
    const auto lines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    return TextPlace{*offset, lines + 1, before.size() - (before.rfind('\n') + 1) + 1};  // npos + 1 is 0
}

}  // namespace heddle::sandbox
