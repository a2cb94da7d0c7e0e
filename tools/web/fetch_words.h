// tools/web/fetch_words.h: Why a page did not come, in words that a model can act on.
#pragma once

#include <string>

#include "sandbox/net/rules.h"
#include "tools/web/reader.h"
#include "tools/web/url.h"

namespace heddle::tools::web {

// The end of a sentence about `asked`; of a visit that did not end well. What the proxy refused is said from its own
// log. Readable, on one line, bounded.
std::string words_of(const Visit& visit, const FetchOrder& order, const WebAddress& asked,
                     const sandbox::NetRules& rules);

}  // namespace heddle::tools::web
