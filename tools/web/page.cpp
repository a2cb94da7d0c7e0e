// tools/web/page.cpp: The head of an opened page, and links as text.
#include "tools/web/page.h"

#include <fmt/format.h>

#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t lines_max = 200'000;  // a long book; more are newlines without an end
constexpr std::string_view open_mark = "【", close_mark = "】", separator = "†";

// The end of a link that begins at `at`, or `at` if what stands there is none.
std::size_t link_end(std::string_view text, std::size_t at, std::string_view& title) {
    const std::size_t id = at + open_mark.size();
    const std::size_t digits = text.find_first_not_of("0123456789", id);
    if (digits == std::string_view::npos || digits == id || !text.substr(digits).starts_with(separator)) return at;
    const std::size_t begin = digits + separator.size();
    const std::size_t close = text.find(close_mark, begin);
    if (close == std::string_view::npos) return at;
    const std::size_t host = text.substr(begin, close - begin).rfind(separator);
    title = text.substr(begin, host == std::string_view::npos ? close - begin : host);
    return close + close_mark.size();
}

}  // namespace

Page page_of(const std::string& url, const Document& document) {
    Page page;
    page.url = readable(url);
    page.lines = wrap_text(readable(fmt::format("\nURL: {}\n{}", one_line(url, url.size()), document.text)));
    if (page.lines.size() > lines_max) {
        page.lines.resize(lines_max);
        page.lines.push_back({"[... the rest is left out ...]", false});
    }
    for (const auto& link : document.links) page.links.push_back({link});
    return page;
}

std::string link_text(std::size_t id, std::string_view title, std::string_view host) {
    return fmt::format("{}{}{}{}{}{}{}", open_mark, id, separator, without_marks(title), separator, without_marks(host),
                       close_mark);
}

std::string without_marks(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t at = text.find(open_mark.substr(0, 2));  // both begin with the same two bytes
        out += text.substr(0, at);
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        const bool opens = text.starts_with(open_mark), closes = text.starts_with(close_mark);
        out += opens ? "〖" : closes ? "〗" : text.substr(0, 1);
        text.remove_prefix(opens || closes ? open_mark.size() : 1);
    }
    return out;
}

std::string without_links(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t at = text.find(open_mark);
        out += text.substr(0, at);
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        std::string_view title;
        const std::size_t end = link_end(text, 0, title);
        out += end > 0 ? title : text.substr(0, open_mark.size());
        text.remove_prefix(end > 0 ? end : open_mark.size());
    }
    return out;
}

}  // namespace heddle::tools::web
