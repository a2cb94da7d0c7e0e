// tools/web/reader/html_tree.h: Gumbo's tree of a page, made within bounds of memory and time.
#pragma once

#include <gumbo.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace heddle::tools::web {

class HtmlTree {
 public:
    explicit HtmlTree(std::string_view utf8);  // which outlives it
    ~HtmlTree();
    HtmlTree(const HtmlTree&) = delete;
    HtmlTree& operator=(const HtmlTree&) = delete;

    const GumboNode* root() const;  // null: it would have taken too much

 private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace heddle::tools::web
