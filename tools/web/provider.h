// tools/web/provider.h: Where results and pages come from: the faces that the documents of this machine wear, and that
// remote providers can wear.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "tools/error.h"
#include "tools/web/page.h"

namespace heddle::tools::web {

struct Found {
    std::string title, url, host, snippet;  // any bytes: the page that shows them makes them harmless
    std::string published = "none";         // a date
};

struct SearchRequest {
    std::string query;
    int results_max = 10;
    std::string source = "web";  // or "news"
};

class SearchProvider {
 public:
    virtual ~SearchProvider() = default;
    // The best first. Returns in bounded time, or when `stop` is requested. Throws Error:
    // why there are none, the end of a sentence that says what was tried.
    // Called from several threads.
    virtual std::vector<Found> search(const SearchRequest& request, std::stop_token stop) = 0;
};

class PageSource {
 public:
    virtual ~PageSource() = default;
    // `as_source`: the bytes as they came, not as they read. Returns in bounded time, or when `stop` is requested.
    // Throws Error, likewise. Called from several threads. The page may bear another URL than was asked for.
    virtual Page open(const std::string& url, bool as_source, std::stop_token stop) = 0;
};

}  // namespace heddle::tools::web
