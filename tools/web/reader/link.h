// tools/web/reader/link.h: Where a link leads from the page that it stands on.
#pragma once

#include <optional>
#include <string>

namespace heddle::tools::web {

// `link` as a page at `base` means it, without a fragment; none if it leads to no page (mailto, javascript, a place on
// the page itself, bytes that are no URL).
std::optional<std::string> resolve(const std::string& base, const std::string& link);

}  // namespace heddle::tools::web
