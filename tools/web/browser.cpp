// tools/web/browser.cpp: Cursors, and how many lines of a page are shown at once.
#include "tools/web/browser.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/clip.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t lines_kept_max = 1'000'000;  // of all pages
constexpr std::size_t pages_max = 100;             // of a megabyte or two at most
constexpr std::size_t view_tokens = 2'048;         // as in the model's training
constexpr std::size_t bytes_per_token = 4;         // of English text with its numbers, for a model that does not say
constexpr std::size_t url_bytes_max = 1'000;       // in the header
constexpr std::size_t lines_bytes_max = text_bytes_max - 2 * url_bytes_max;  // the header has its room beside them

// Lines with their numbers, as many as `count` and as there is room for.
class Lines {
 public:
    Lines(const Page& page, std::size_t loc, std::size_t count) {
        for (std::size_t at = loc; at < std::min(loc + count, page.lines.size()); ++at) {
            const std::string line = fmt::format("{}L{}: {}", at == loc ? "" : "\n", at, page.lines[at].text);
            if (!ends_.empty() && text_.size() + line.size() > lines_bytes_max) break;
            text_ += line;
            ends_.push_back(text_.size());
        }
    }
    std::size_t count() const { return ends_.size(); }
    std::string_view first(std::size_t count) const { return std::string_view(text_).substr(0, ends_[count - 1]); }

    // How many of them hold `wanted` tokens and the rest of the line that is reached with the last one.
    std::size_t count_of(std::size_t wanted, const TokenCount& tokens) const {
        std::size_t low = 1, high = count();
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (tokens(first(middle)) > wanted) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

 private:
    std::string text_;
    std::vector<std::size_t> ends_;
};

std::size_t estimate(std::string_view text) {
    return text.size() / bytes_per_token;
}

}  // namespace

std::int64_t Browser::add(std::shared_ptr<const Page> page) {
    lines_ += page->lines.size();
    pages_.push_back(std::move(page));
    while (pages_.size() > 1 && (pages_.size() > pages_max || lines_ > lines_kept_max)) {
        lines_ -= pages_.front()->lines.size();
        pages_.pop_front();
        ++first_;
    }
    return next_cursor() - 1;
}

std::shared_ptr<const Page> Browser::page(std::int64_t cursor) const {
    if (cursor < first_ || cursor >= next_cursor()) return nullptr;
    return pages_[static_cast<std::size_t>(cursor - first_)];
}

std::string view_of(const Page& page, std::int64_t cursor, std::int64_t loc, std::int64_t num_lines,
                    const TokenCount& tokens) {
    const std::size_t left = page.lines.size() - static_cast<std::size_t>(loc);
    const Lines lines(page, static_cast<std::size_t>(loc),
                      num_lines < 1 ? left : std::min(left, static_cast<std::size_t>(num_lines)));
    const std::size_t shown = num_lines < 1 ? lines.count_of(view_tokens, tokens ? tokens : estimate) : lines.count();
    return fmt::format("[{}] {} ({})\n**viewing lines [{} - {}] of {}**\n\n{}", cursor,
                       one_line(page.title, url_bytes_max / 2), one_line(page.url, url_bytes_max), loc,
                       loc + static_cast<std::int64_t>(shown) - 1, page.lines.size() - 1, lines.first(shown));
}

}  // namespace heddle::tools::web
