// tools/web/all_pages.h: Pages of the web and local documents behind one face.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tools/web/provider.h"

namespace heddle::tools::web {

class AllPages : public PageSource {
 public:
    AllPages(std::shared_ptr<PageSource> local, std::shared_ptr<PageSource> remote)
        : local_(std::move(local)), remote_(std::move(remote)) {}

    Page open(const std::string& url, bool as_source, std::stop_token stop) override {
        PageSource& source = url.starts_with("file:") ? *local_ : *remote_;
        return source.open(url, as_source, std::move(stop));
    }

 private:
    std::shared_ptr<PageSource> local_, remote_;
};

}  // namespace heddle::tools::web
