// tools/web/result_page.h: Results of a search, and places where a text stands, as pages with links.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/web/page.h"
#include "tools/web/provider.h"

namespace heddle::tools::web {

Page search_page(const std::string& query, const std::vector<Found>& results);

// Where `pattern` stands in `page`, letter for letter but for their case, also across the ends of lines within a
// paragraph. Four lines each from the one where it begins, and a link to there. None: it stands nowhere, or is empty.
// It has a few thousand bytes at most.
std::optional<Page> find_page(const std::shared_ptr<const Page>& page, const std::string& pattern);

}  // namespace heddle::tools::web
