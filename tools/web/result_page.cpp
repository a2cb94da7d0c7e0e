// tools/web/result_page.cpp: The recorded shape of a page of results; places in a page by its paragraphs.
#include "tools/web/result_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/clip.h"
#include "tools/web/characters.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t title_bytes_max = 300, snippet_bytes_max = 1'000;  // of what a provider sends
constexpr std::size_t query_bytes_max = 300;
constexpr std::size_t matches_max = 50;
constexpr std::size_t lines_shown = 4;  // of the page, for each match

// On one line, with single spaces, and without what a page could pass for a link with.
std::string plain(std::string_view text, std::size_t bytes_max) {
    std::string flat;
    for (const char c : prefix_of(text, bytes_max)) {
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space) flat += c;
        if (space && !flat.empty() && !flat.ends_with(' ')) flat += ' ';
    }
    if (flat.ends_with(' ')) flat.pop_back();
    return without_marks(readable(flat));
}

// The paragraph that begins with line `first`, and where each of its lines begins in it.
struct Paragraph {
    std::string text;
    std::vector<std::size_t> begins;

    Paragraph(const Page& page, std::size_t first) {
        for (std::size_t at = first; at < page.lines.size(); ++at) {
            begins.push_back(text.size());
            text += page.lines[at].text;
            if (!page.lines[at].goes_on) break;
        }
    }
    std::size_t line_of(std::size_t byte) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(begins, byte) - begins.begin()) - 1;
    }
};

// Four lines from `first` on, without links: their ids would mean others on the page that shows them.
std::string excerpt(const Page& page, std::size_t first) {
    std::string text;
    for (std::size_t at = first; at < std::min(first + lines_shown, page.lines.size()); ++at) {
        text += (at == first ? "" : "\n") + page.lines[at].text;
    }
    return without_marks(without_links(text));
}

}  // namespace

Page search_page(const std::string& query, const std::vector<Found>& results) {
    Page page;
    page.title = plain(query, query_bytes_max);
    page.url = "Search_Results/" + page.title;
    std::string text = fmt::format("\nURL: {}\n# Search Results\n", page.url);
    for (const Found& found : results) {
        const std::string title =
            fmt::format("{}; publish_date: {}", plain(found.title, title_bytes_max), plain(found.published, 40));
        text += fmt::format("\n  * {} {}", link_text(page.links.size(), title, plain(found.host, title_bytes_max)),
                            plain(found.snippet, snippet_bytes_max));
        page.links.push_back({found.url});
    }
    if (results.empty()) text += "\nNo results.";
    page.lines = wrap_text(text);
    return page;
}

std::optional<Page> find_page(const std::shared_ptr<const Page>& page, const std::string& pattern) {
    if (pattern.empty()) return std::nullopt;
    const Needle needle(pattern);
    Page found;
    std::string text;
    std::size_t free = 0;  // the first line that no match has shown
    for (std::size_t at = 0; at < page->lines.size() && found.links.size() < matches_max;) {
        const Paragraph paragraph(*page, at);
        auto match = needle.find(paragraph.text, 0);
        while (match && found.links.size() < matches_max) {
            const std::size_t line = at + paragraph.line_of(match->begin);
            if (line >= free) {
                text += fmt::format("{}# 【{}†match at L{}】\n{}", found.links.empty() ? "" : "\n\n",
                                    found.links.size(), line, excerpt(*page, line));
                found.links.push_back({page->url, static_cast<std::int64_t>(line), page});
                free = line + lines_shown;
            }
            match = needle.find(paragraph.text, match->end);
        }
        at += paragraph.begins.size();
    }
    if (found.links.empty()) return std::nullopt;
    found.title = fmt::format("Find results for text: `{}` in `{}`", plain(pattern, query_bytes_max), page->title);
    found.url = fmt::format("{}/find?pattern={}", page->url, plain(pattern, query_bytes_max));
    found.lines = wrap_text(text);
    return found;
}

}  // namespace heddle::tools::web
