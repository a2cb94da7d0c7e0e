// tools/web/remote_pages.cpp: Asked of the rules, of what is kept, and then of the reader.
#include "tools/web/remote_pages.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/error.h"
#include "tools/web/fetch_words.h"

namespace heddle::tools::web {

namespace {

constexpr std::size_t kept_bytes_max = 64 << 20;  // some pages of the largest, or thousands

void demand_allowed(const WebAddress& address, const std::optional<sandbox::NetRules>& rules) {
    if (!rules) {
        throw Error(
            fmt::format("the network is not open to pages in this session; ask the user to allow {0} in his "
                        "policy.toml: [net] mode = \"proxy\", allow = [\"{0}\"]",
                        address.host));
    }
    const auto decision = sandbox::decide(*rules, address.host, address.port);
    if (!decision.allowed) throw Error(decision.words);
}

}  // namespace

RemotePages::RemotePages(std::shared_ptr<Reader> reader, std::shared_ptr<Pace> pace,
                         std::optional<sandbox::NetRules> rules)
    : reader_(std::move(reader)), pace_(std::move(pace)), rules_(std::move(rules)) {}

RemotePages::Kept RemotePages::kept(const std::string& url) {
    const std::lock_guard lock(mutex_);
    const auto known = std::ranges::find(kept_, url, &std::pair<std::string, Kept>::first);
    return known == kept_.end() ? nullptr : known->second;
}

void RemotePages::keep(const std::string& url, const Kept& fetched) {
    const std::lock_guard lock(mutex_);
    kept_bytes_ += fetched->bytes.size();
    kept_.emplace_back(url, fetched);
    while (kept_.size() > 1 && kept_bytes_ > kept_bytes_max) {
        kept_bytes_ -= kept_.front().second->bytes.size();
        kept_.pop_front();
    }
}

RemotePages::Kept RemotePages::fetched_from(const WebAddress& address, std::stop_token stop) {
    const std::string url = address.text();
    if (auto known = kept(url)) return known;
    pace_->await_turn(address.host, stop);
    if (auto known = kept(url)) return known;  // another call had the turn before
    const FetchOrder order{url};
    Visit visit = reader_->fetch(order, *rules_, stop);
    if (visit.fetched.end != FetchEnd::done) throw Error(words_of(visit, order, address, *rules_));
    auto fetched = std::make_shared<const Fetched>(std::move(visit.fetched));
    keep(url, fetched);
    return fetched;
}

Page RemotePages::open(const std::string& url, bool as_source, std::stop_token stop) {
    std::string why;
    const auto address = web_address_in(url, &why);
    if (!address) throw Error(why);
    demand_allowed(*address, rules_);
    const Kept fetched = fetched_from(*address, stop);
    // Where it is in the end is the reader's word: no more than a name for the page, and the base of its links.
    const WebAddress at = web_address_in(fetched->url).value_or(*address);
    const std::string name = at.path.substr(0, at.path.find('?'));
    const Reading reading = reader_->parse({{fetched->bytes, name, fetched->type, at.text(), as_source}}, stop).front();
    if (!reading.problem.empty()) throw Error(reading.problem);
    if (!reading.document) throw Error("it is no text");
    return page_of(at.text(), *reading.document);
}

}  // namespace heddle::tools::web
