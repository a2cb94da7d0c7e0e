// tools/web/searxng.h: Results of a SearXNG or searx server.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tools/web/provider.h"
#include "tools/web/search_service.h"

namespace heddle::tools::web {

class Searxng : public SearchProvider {
 public:
    explicit Searxng(SearchService service) : service_(std::move(service)) {}

    std::vector<Found> search(const SearchRequest& request, std::stop_token stop) override;

 private:
    SearchService service_;
};

}  // namespace heddle::tools::web
