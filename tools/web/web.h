// tools/web/web.h: What a session's web tools share: where they ask, and the pages they have shown.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/web/browser.h"
#include "tools/web/provider.h"

namespace heddle::tools::web {

struct Web {
    std::shared_ptr<SearchProvider> search;  // null: nothing was set up, and the tools say so
    std::shared_ptr<PageSource> pages;       // the same
    TokenCount tokens;                       // may be empty
    // What the calling thread had asked of the network since it last called this, a line each, for the record; may be
    // empty. As many threads may ask the two at once.
    std::function<std::vector<std::string>()> network_log = {};
    Browser browser = {};
};

}  // namespace heddle::tools::web
