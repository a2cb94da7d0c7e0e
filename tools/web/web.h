// tools/web/web.h: What a session's web tools share: where they ask, and the pages they have shown.
#pragma once

#include <memory>

#include "tools/web/browser.h"
#include "tools/web/provider.h"

namespace heddle::tools::web {

struct Web {
    std::shared_ptr<SearchProvider> search;  // null: nothing was set up, and the tools say so
    std::shared_ptr<PageSource> pages;       // the same
    TokenCount tokens;                       // may be empty
    Browser browser = {};
};

}  // namespace heddle::tools::web
