// tools/web/brave.h: Results of Brave Search, with a key of the user's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/web/provider.h"
#include "tools/web/search_service.h"

namespace heddle::tools::web {

inline constexpr const char* brave_url = "https://api.search.brave.com";

// The key goes to the service in a header, and nowhere else: no message has it.
class Brave : public SearchProvider {
 public:
    // Throws Error, a sentence, for a key that no header can hold.
    Brave(SearchService service, std::string key);

    std::vector<Found> search(const SearchRequest& request, std::stop_token stop) override;

 private:
    SearchService service_;
    std::string key_;
};

}  // namespace heddle::tools::web
