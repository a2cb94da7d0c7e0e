// tools/web/page.h: A document as the web tools show it: lines with numbers, and links with ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/web/wrap.h"

namespace heddle::tools::web {

struct Page;

struct Link {
    std::string url;
    std::int64_t loc = -1;                       // the line to begin with; -1: not said
    std::shared_ptr<const Page> page = nullptr;  // where it leads, if that has been shown; else it is to be fetched
};

struct Page {
    std::string url;
    std::string title;  // in the header; an opened document has none there, its text begins with one
    std::vector<Line> lines;
    std::vector<Link> links;  // by id, as 【id†title†host】 in the lines
};

// What a reader made of a document: paragraphs without control characters, in which each link is 【id†title†host】.
struct Document {
    std::string title;  // empty: it has none
    std::string text;
    std::vector<std::string> links;  // URLs by id
};

// The page of a document that was opened: a line for its URL, then its text.
Page page_of(const std::string& url, const Document& document);

// A link as text. Brackets of this kind in `title` become others: they mark links and nothing else.
std::string link_text(std::size_t id, std::string_view title, std::string_view host);

// Text from a page with the brackets that mark links turned into others that look like them.
std::string without_marks(std::string_view text);

// `text` with each link as its title alone.
std::string without_links(std::string_view text);

}  // namespace heddle::tools::web
