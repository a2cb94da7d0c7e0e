// tools/web/reader/document.cpp: Which parser some bytes need.
#include "tools/web/reader/document.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tools/clip.h"
#include "tools/web/reader/charset.h"
#include "tools/web/reader/gunzip.h"
#include "tools/web/reader/html.h"
#include "tools/web/reader/man.h"
#include "tools/web/reader/markdown.h"
#include "tools/web/reader/media_type.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t plain_bytes_max = 16 << 20;  // a text without markup is no longer; what is beyond is left out

bool has_ending(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

// "ls.1", "printf.3posix": a section's number behind the last point.
bool may_be_man(std::string_view name) {
    const std::size_t point = name.rfind('.');
    return point != std::string_view::npos && point + 1 < name.size() && name[point + 1] >= '1' &&
           name[point + 1] <= '9';
}

// A page of the web whose server does not say what it is.
bool begins_as_html(std::string_view bytes) {
    const std::string start = lower_case(bytes.substr(0, 256));
    const std::size_t at = start.find_first_not_of(" \t\r\n");
    return at != std::string::npos && (std::string_view(start).substr(at).starts_with("<!doctype html") ||
                                       std::string_view(start).substr(at).starts_with("<html"));
}

// Lines as they are, but for the brackets that mark links.
Document read_plain(std::string_view text) {
    Document document;
    document.text = without_marks(prefix_of(text, plain_bytes_max));
    while (document.text.ends_with('\n')) document.text.pop_back();
    return document;
}

enum class Kind { html, markdown, perhaps_man, plain };

Kind kind_of(const MediaType& type, const std::string& name, std::string_view bytes, bool is_file) {
    if (type.is_html() || (is_file && has_ending(name, {".html", ".htm", ".xhtml"}))) return Kind::html;
    if (type.is_markdown()) return Kind::markdown;
    if (!type.is_plain()) return Kind::plain;
    if (has_ending(name, {".md", ".markdown", ".mkd"})) return Kind::markdown;
    if (!is_file && type.is_vague() && begins_as_html(bytes)) return Kind::html;
    return may_be_man(name) ? Kind::perhaps_man : Kind::plain;
}

}  // namespace

std::optional<Document> read_document(const Source& source) {
    std::string_view bytes = source.bytes;
    std::string name = lower_case(source.name.substr(source.name.rfind('/') + 1));
    const bool is_file = !source.url.starts_with("http");
    std::optional<std::string> unpacked;
    if (is_file && name.ends_with(".gz")) {
        unpacked = gunzip(bytes, document_bytes_max);
        if (!unpacked) return std::nullopt;
        bytes = *unpacked;
        name.resize(name.size() - 3);
    }
    if (!is_text(bytes)) return std::nullopt;
    const MediaType type = media_type_of(source.type);
    const Kind kind = kind_of(type, name, bytes, is_file);
    const std::string text = to_utf8_text(bytes, type.charset, kind == Kind::html);
    if (source.as_source) return read_plain(text);
    if (kind == Kind::html) return read_html(text, source.url);
    if (kind == Kind::markdown) return read_markdown(text, source.url);
    if (kind == Kind::perhaps_man && is_man(text)) return read_man(text, source.url);
    return read_plain(text);
}

}  // namespace heddle::tools::web
