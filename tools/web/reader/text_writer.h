// tools/web/reader/text_writer.h: Text as it comes from a document's parts, to readable paragraphs with numbered links.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tools/web/page.h"

namespace heddle::tools::web {

class TextWriter {
 public:
    explicit TextWriter(std::string base_url);  // what links are resolved against

    // Runs of space become one, and none stands at a line's beginning; brackets that mark links become others.
    void text(std::string_view utf8);
    void verbatim(std::string_view utf8);  // spaces and newlines as they are

    void begin_line();       // what follows stands on a line of its own; within a cell: behind a space
    void begin_paragraph();  // and below an empty line
    void mark(
        std::string_view prefix);  // "# ", "  * ": put out as it is, but in links; what follows stands right behind it

    void begin_cell(bool first);  // of a row: behind " | " unless first; until its end nothing begins a line
    void end_cell();

    // What is written until the end becomes the link's title. None in another.
    void begin_link(const std::string& target);
    void end_link();

    Document finish();  // without a title

 private:
    void put(std::string_view piece);

    std::string base_;
    Document document_;
    int newlines_ = 2;     // that end what was written; 2 and more: a paragraph may begin
    bool space_ = false;   // a space is due before the next word
    bool marked_ = false;  // a mark was the last thing written
    int cells_ = 0;
    std::string link_;  // the target of the link that is open; empty: none
    std::size_t link_begin_ = 0;
    std::size_t links_bytes_ = 0;  // of all URLs so far
};

}  // namespace heddle::tools::web
