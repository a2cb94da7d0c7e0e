// tools/web/search_service.h: A search service that the user has chosen, asked by HTTP.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "prompts/message.h"
#include "tools/web/pace.h"
#include "tools/web/reader.h"
#include "tools/web/url.h"

namespace heddle::tools::web {

// It may be on this machine: it is the user who named it. Its guests reach it and nothing else, and follow no redirect.
class SearchService {
 public:
    // Throws Error, a sentence, if `url` is none. What `url` has for a path stands before every path that is asked for.
    SearchService(std::shared_ptr<Reader> reader, std::shared_ptr<Pace> pace, const std::string& url);

    using Headers = std::vector<std::pair<std::string, std::string>>;
    // An answer, or one whose end is `status`. Throws Error, the end of a sentence, for what did not come.
    Fetched ask(const std::string& path, const Headers& headers, std::stop_token stop);

    const std::string& host() const { return base_.host; }

 private:
    std::shared_ptr<Reader> reader_;
    std::shared_ptr<Pace> pace_;
    WebAddress base_;
    sandbox::NetRules rules_;
};

// A text of a service's answer, empty where there is none.
std::string text_at(const prompts::Json& object, const char* key);
// "2024-05-06" of "2024-05-06T07:08:09"; "none" of what is no date.
std::string day_of(const std::string& time);

}  // namespace heddle::tools::web
