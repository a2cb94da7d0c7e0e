// tools/web/remote_pages.h: Pages of the web, from the hosts that the user allows.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sandbox/net/rules.h"
#include "tools/web/pace.h"
#include "tools/web/provider.h"
#include "tools/web/reader.h"
#include "tools/web/url.h"

namespace heddle::tools::web {

// What came is kept by its URL as long as this, so that a page is fetched once in a conversation.
class RemotePages : public PageSource {
 public:
    // Without `rules` the user has granted no network, and that is what is said.
    RemotePages(std::shared_ptr<Reader> reader, std::shared_ptr<Pace> pace, std::optional<sandbox::NetRules> rules);

    Page open(const std::string& url, bool as_source, std::stop_token stop) override;

 private:
    using Kept = std::shared_ptr<const Fetched>;
    Kept fetched_from(const WebAddress& address, std::stop_token stop);
    Kept kept(const std::string& url);
    void keep(const std::string& url, const Kept& fetched);

    std::shared_ptr<Reader> reader_;
    std::shared_ptr<Pace> pace_;
    std::optional<sandbox::NetRules> rules_;
    std::mutex mutex_;                               // over what follows
    std::deque<std::pair<std::string, Kept>> kept_;  // by the URL that was asked for, the oldest first
    std::size_t kept_bytes_ = 0;
};

}  // namespace heddle::tools::web
