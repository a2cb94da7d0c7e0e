// runtime/store/local_documents.h: The index of documents as the web tools ask it: results by their words, pages by
// their URLs.
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/web/provider.h"

namespace heddle {

// Reads the index alone, never the files: what was not indexed cannot be opened, whatever is asked for. The index is
// opened with each call, so that one that is made or changed meanwhile is seen.
class LocalDocuments : public tools::web::SearchProvider, public tools::web::PageSource {
 public:
    using Hidden = std::function<bool(const std::filesystem::path& file)>;

    // Documents of files that are `hidden` are as if they were not indexed.
    explicit LocalDocuments(std::filesystem::path index, Hidden hidden = {});

    std::vector<tools::web::Found> search(const tools::web::SearchRequest& request, std::stop_token stop) override;
    tools::web::Page open(const std::string& url, bool as_source, std::stop_token stop) override;

 private:
    std::filesystem::path index_;
    Hidden hidden_;
};

}  // namespace heddle
