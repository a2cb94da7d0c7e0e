// tools/web/brave.cpp: Its web and news searches as JSON.
#include "tools/web/brave.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/error.h"

namespace heddle::tools::web {

namespace {

constexpr int results_most = 20;  // that the service gives at once

const prompts::Json* results_in(const prompts::Json& answer, bool is_news) {
    const prompts::Json* at = &answer;
    for (const char* key : {"web", "results"}) {
        if (is_news && std::string_view(key) == "web") continue;
        if (!at->is_object() || !at->contains(key)) return nullptr;
        at = &at->at(key);
    }
    return at->is_array() ? at : nullptr;
}

}  // namespace

Brave::Brave(SearchService service, std::string key) : service_(std::move(service)), key_(std::move(key)) {
    const bool fits = !key_.empty() && std::ranges::all_of(key_, [](char c) { return c > ' ' && c < 0x7f; });
    if (!fits) throw Error("Brave needs a key of printable letters without spaces: set search_key");
}

std::vector<Found> Brave::search(const SearchRequest& request, std::stop_token stop) {
    const bool is_news = request.source == "news";
    const Fetched answer =
        service_.ask(fmt::format("/res/v1/{}/search?q={}&count={}&text_decorations=false", is_news ? "news" : "web",
                                 query_escaped(request.query), std::min(request.results_max, results_most)),
                     {{"Accept", "application/json"}, {"X-Subscription-Token", key_}}, std::move(stop));
    if (answer.status == 401 || answer.status == 403)
        throw Error("Brave refuses the key; the user has to set search_key to one that holds");
    if (answer.status == 429) throw Error("Brave takes no more searches for now (status 429); try again later");
    if (answer.end == FetchEnd::status) throw Error(fmt::format("Brave answers with status {}", answer.status));
    const auto json = prompts::Json::parse(answer.bytes, nullptr, false);
    if (!json.is_object()) throw Error("what Brave answers is no JSON");
    std::vector<Found> found;
    const prompts::Json* results = results_in(json, is_news);
    if (results == nullptr) return found;  // it leaves the list out where there is nothing
    for (const auto& result : *results) {
        if (found.size() >= static_cast<std::size_t>(request.results_max)) break;
        if (!result.is_object()) continue;
        const std::string url = text_at(result, "url");
        if (!web_address_in(url)) continue;
        found.push_back({text_at(result, "title"), url, host_of(url), text_at(result, "description"),
                         day_of(text_at(result, "page_age"))});
    }
    return found;
}

}  // namespace heddle::tools::web
