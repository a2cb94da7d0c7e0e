// tools/web/search_service.cpp: Rules with one host in them, and a request.
#include "tools/web/search_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/error.h"
#include "tools/web/fetch_words.h"

namespace heddle::tools::web {

namespace {

constexpr std::uint64_t answer_bytes_max = 4 << 20;  // of fifty results with their snippets

WebAddress base_of(const std::string& url) {
    std::string why;
    auto address = web_address_in(url, &why);
    if (!address) throw Error(why);
    address->path = address->path.substr(0, address->path.find('?'));
    while (address->path.ends_with('/')) address->path.pop_back();
    return *std::move(address);
}

}  // namespace

SearchService::SearchService(std::shared_ptr<Reader> reader, std::shared_ptr<Pace> pace, const std::string& url)
    : reader_(std::move(reader)), pace_(std::move(pace)), base_(base_of(url)) {
    rules_.allow = {{base_.host, base_.port}};
    rules_.allow_private = true;
}

Fetched SearchService::ask(const std::string& path, const Headers& headers, std::stop_token stop) {
    WebAddress address = base_;
    address.path += path;
    FetchOrder order{address.text(), headers};
    order.bytes_max = order.unpacked_bytes_max = answer_bytes_max;
    order.redirects_max = 0;
    pace_->await_turn(address.host, stop);
    Visit visit = reader_->fetch(order, rules_, std::move(stop));
    const FetchEnd end = visit.fetched.end;
    if (end == FetchEnd::done || end == FetchEnd::status) return std::move(visit.fetched);
    if (end == FetchEnd::too_many_redirects)
        throw Error(fmt::format("{} redirects to another place; the user has to set search_url to that", base_.host));
    throw Error(fmt::format("{} gives no results: {}", base_.host, words_of(visit, order, address, rules_)));
}

std::string text_at(const prompts::Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string day_of(const std::string& time) {
    constexpr std::string_view shape = "dddd-dd-dd";
    const bool is_day = time.size() >= shape.size() &&
                        std::equal(shape.begin(), shape.end(), time.begin(),
                                   [](char s, char c) { return s == 'd' ? c >= '0' && c <= '9' : c == s; });
    return is_day ? time.substr(0, shape.size()) : "none";
}

}  // namespace heddle::tools::web
