// tools/web/reader/media_type.cpp: The type before the first semicolon, and the charset behind one.
#include "tools/web/reader/media_type.h"

#include <algorithm>
#include <array>

#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

// Applications whose files are text.
constexpr std::array<std::string_view, 15> text_applications = {
    "xhtml+xml", "xml",  "json",   "ld+json", "javascript", "x-javascript", "ecmascript", "toml",
    "yaml",      "x-sh", "x-yaml", "sql",     "x-tex",      "x-ndjson",     "markdown"};

}  // namespace

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    return out;
}

MediaType media_type_of(std::string_view content_type) {
    MediaType type;
    std::size_t at = std::min(content_type.find(';'), content_type.size());
    type.name = lower_case(trimmed(content_type.substr(0, at)));
    while (at < content_type.size()) {
        const std::size_t end = std::min(content_type.find(';', at + 1), content_type.size());
        const std::string parameter = lower_case(trimmed(content_type.substr(at + 1, end - at - 1)));
        at = end;
        if (!parameter.starts_with("charset=") || !type.charset.empty()) continue;
        type.charset = parameter.substr(8);
        std::erase_if(type.charset, [](char c) { return c == '"' || c == '\'' || c == ' '; });
    }
    return type;
}

bool MediaType::is_html() const {
    return name == "text/html" || name == "application/xhtml+xml";
}

bool MediaType::is_markdown() const {
    return name == "text/markdown" || name == "text/x-markdown" || name == "application/markdown";
}

bool MediaType::is_plain() const {
    return name == "text/plain" || is_vague();
}

bool MediaType::is_vague() const {
    return name.empty() || name == "application/octet-stream" || name == "binary/octet-stream";
}

bool MediaType::is_readable() const {
    if (is_vague() || name.starts_with("text/") || name.ends_with("+xml") || name.ends_with("+json")) return true;
    constexpr std::string_view application = "application/";
    return name.starts_with(application) &&
           std::ranges::find(text_applications, std::string_view(name).substr(application.size())) !=
               text_applications.end();
}

}  // namespace heddle::tools::web
