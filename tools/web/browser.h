// tools/web/browser.h: The pages that a session has been shown, by their cursors, and a page as the model reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "tools/web/page.h"

namespace heddle::tools::web {

// How many tokens the model reads a text as.
using TokenCount = std::function<std::size_t(std::string_view)>;

// One thread at a time.
class Browser {
 public:
    // The page gets the next cursor; the first one is 0. Pages that were shown long ago are forgotten.
    std::int64_t add(std::shared_ptr<const Page> page);
    std::shared_ptr<const Page> page(std::int64_t cursor) const;  // null: there is none, or it is forgotten
    std::int64_t next_cursor() const { return first_ + static_cast<std::int64_t>(pages_.size()); }

 private:
    std::deque<std::shared_ptr<const Page>> pages_;
    std::int64_t first_ = 0;  // the cursor of pages_[0]
    std::size_t lines_ = 0;   // of all of them
};

// "[3] title (url)", "**viewing lines [0 - 39] of 39**" and the lines from `loc` on, each behind "L0: ". With
// num_lines below 1 it ends with the line that holds the model's 2,048th token, or where `tokens` is not given, about
// there. Never more than a tool's result can hold. `loc` is a line of the page.
std::string view_of(const Page& page, std::int64_t cursor, std::int64_t loc, std::int64_t num_lines,
                    const TokenCount& tokens);

}  // namespace heddle::tools::web
