// tools/web/document.cpp: Which reader a file needs.
#include "tools/web/document.h"

#include <algorithm>
#include <array>

#include "tools/web/charset.h"
#include "tools/web/gunzip.h"
#include "tools/web/html.h"
#include "tools/web/man.h"
#include "tools/web/markdown.h"

namespace heddle::tools::web {

namespace {

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    return out;
}

bool has_ending(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

// "ls.1", "printf.3posix": a section's number behind the last point.
bool may_be_man(std::string_view name) {
    const std::size_t point = name.rfind('.');
    return point != std::string_view::npos && point + 1 < name.size() && name[point + 1] >= '1' &&
           name[point + 1] <= '9';
}

// Lines as they are, but for the brackets that mark links.
Document read_plain(std::string_view text) {
    Document document;
    document.text = without_marks(text);
    while (document.text.ends_with('\n')) document.text.pop_back();
    return document;
}

}  // namespace

std::optional<Document> read_document(std::string_view bytes, const std::string& name, const std::string& url) {
    std::string lower = lower_case(name.substr(name.rfind('/') + 1));
    std::optional<std::string> unpacked;
    if (lower.ends_with(".gz")) {
        unpacked = gunzip(bytes, document_bytes_max);
        if (!unpacked) return std::nullopt;
        bytes = *unpacked;
        lower.resize(lower.size() - 3);
    }
    if (!is_text(bytes)) return std::nullopt;
    const bool is_html = has_ending(lower, {".html", ".htm", ".xhtml"});
    const std::string text = to_utf8_text(bytes, "", is_html);
    if (is_html) return read_html(text, url);
    if (has_ending(lower, {".md", ".markdown", ".mkd"})) return read_markdown(text, url);
    if (may_be_man(lower) && is_man(text)) return read_man(text, url);
    return read_plain(text);
}

}  // namespace heddle::tools::web
