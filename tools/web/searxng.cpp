// tools/web/searxng.cpp: Its JSON format, and what it says when that is switched off.
#include "tools/web/searxng.h"

#include <fmt/format.h>

#include "tools/error.h"

namespace heddle::tools::web {

namespace {

// The server's settings decide about the formats, and the pages of both programs name this key.
constexpr const char* no_json =
    "{} answers, but not in JSON; its settings.yml needs, under search:, formats: [html, json], and its limiter must "
    "let this machine pass";

}  // namespace

std::vector<Found> Searxng::search(const SearchRequest& request, std::stop_token stop) {
    const Fetched answer =
        service_.ask(fmt::format("/search?q={}&format=json&categories={}", query_escaped(request.query),
                                 request.source == "news" ? "news" : "general"),
                     {{"Accept", "application/json"}}, std::move(stop));
    if (answer.status == 429)
        throw Error(fmt::format("{} takes no more searches for now (status 429); try again later", service_.host()));
    if (answer.end == FetchEnd::status && answer.status != 403)
        throw Error(fmt::format("{} answers with status {}", service_.host(), answer.status));
    const auto json = prompts::Json::parse(answer.bytes, nullptr, false);
    const auto results = json.is_object() ? json.find("results") : json.end();
    if (answer.end == FetchEnd::status || results == json.end() || !results->is_array())
        throw Error(fmt::format(fmt::runtime(no_json), service_.host()));

    std::vector<Found> found;
    for (const auto& result : *results) {
        if (found.size() >= static_cast<std::size_t>(request.results_max)) break;
        if (!result.is_object()) continue;
        const std::string url = text_at(result, "url");
        if (!web_address_in(url)) continue;
        found.push_back({text_at(result, "title"), url, host_of(url), text_at(result, "content"),
                         day_of(text_at(result, "publishedDate"))});
    }
    return found;
}

}  // namespace heddle::tools::web
