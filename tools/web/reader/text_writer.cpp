// tools/web/reader/text_writer.cpp: Spaces, lines and paragraphs put out when it is known that something follows.
#include "tools/web/reader/text_writer.h"

#include <utility>

#include "tools/clip.h"
#include "tools/web/reader/link.h"
#include "tools/web/url.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t text_bytes_most = 4 << 20;   // a book; what is beyond is left out
constexpr std::size_t links_max = 5'000;           // of a page; further ones are text
constexpr std::size_t links_bytes_most = 2 << 20;  // of their URLs together, likewise
constexpr std::size_t title_bytes_max = 300;       // of a link

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Characters that show nothing and only hide words from those who search for them; a hard space is a space.
std::string without_invisible(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto rest = text.substr(at);
        if (rest.starts_with("\u00a0")) {
            out += ' ';
            at += 2;
        } else if (rest.starts_with("\u00ad")) {
            at += 2;
        } else if (rest.starts_with("\u200b") || rest.starts_with("\ufeff") || rest.starts_with("\u2060")) {
            at += 3;
        } else {
            out += text[at++];
        }
    }
    return out;
}

}  // namespace

TextWriter::TextWriter(std::string base_url) : base_(std::move(base_url)) {}

void TextWriter::put(std::string_view piece) {
    if (document_.text.size() + piece.size() > text_bytes_most) return;
    document_.text += piece;
    newlines_ = 0;
    marked_ = false;
}

void TextWriter::text(std::string_view utf8) {
    const std::string clean = without_invisible(without_marks(utf8));
    const std::string_view rest = clean;
    for (std::size_t at = 0; at < rest.size();) {
        std::size_t end = at;
        while (end < rest.size() && is_space(rest[end]) == is_space(rest[at])) ++end;
        if (is_space(rest[at])) {
            space_ = newlines_ == 0;
        } else {
            if (space_) put(" ");
            space_ = false;
            put(rest.substr(at, end - at));
        }
        at = end;
    }
}

void TextWriter::verbatim(std::string_view utf8) {
    if (utf8.empty()) return;
    put(without_invisible(without_marks(utf8)));
    space_ = false;
    newlines_ = utf8.ends_with('\n') ? 1 : 0;
}

void TextWriter::begin_line() {
    if (cells_ > 0 || !link_.empty()) {
        space_ = newlines_ == 0;
        return;
    }
    space_ = false;
    if (newlines_ > 0) return;
    put("\n");
    newlines_ = 1;
}

void TextWriter::begin_paragraph() {
    begin_line();
    if (cells_ > 0 || !link_.empty() || newlines_ > 1) return;
    put("\n");
    newlines_ = 2;
}

void TextWriter::mark(std::string_view prefix) {
    if (!link_.empty()) return;  // its title is one line
    space_ = false;
    if (marked_) put("\n");  // nothing came behind the mark before
    put(prefix);
    newlines_ = 2;  // what is written in it begins here, whatever it is
    marked_ = true;
}

void TextWriter::begin_cell(bool first) {
    ++cells_;
    space_ = false;
    if (!first) put(" | ");
    newlines_ = 2;
}

void TextWriter::end_cell() {
    --cells_;
    space_ = false;
    newlines_ = 0;
}

void TextWriter::begin_link(const std::string& target) {
    if (!link_.empty() || document_.links.size() >= links_max) return;
    const auto whole = resolve(base_, target);
    if (!whole || links_bytes_ + whole->size() > links_bytes_most) return;
    if (space_) put(" ");
    space_ = false;
    link_ = *whole;
    link_begin_ = document_.text.size();
}

void TextWriter::end_link() {
    if (link_.empty()) return;
    std::string title = one_line(std::string_view(document_.text).substr(link_begin_), title_bytes_max);
    title.erase(0, title.find_first_not_of(' '));
    const std::string target = std::exchange(link_, {});
    const bool space_follows = space_;
    document_.text.resize(link_begin_);
    if (title.empty()) {  // nothing to choose it by
        space_ = document_.text.ends_with(' ');
        if (space_) document_.text.pop_back();
        return;
    }
    put(link_text(document_.links.size(), title, host_of(target)));
    links_bytes_ += target.size();
    document_.links.push_back(target);
    space_ = space_follows;
}

Document TextWriter::finish() {
    end_link();
    while (!document_.text.empty() && is_space(document_.text.back())) document_.text.pop_back();
    return std::move(document_);
}

}  // namespace heddle::tools::web
