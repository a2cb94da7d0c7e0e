// tools/search.cpp: Asks the session's provider, and gives its results a cursor as a page.
#include "tools/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "tools/web/result_page.h"
#include "tools/web/web_tool.h"

namespace heddle::tools {

namespace {

constexpr std::int64_t results_default = 10, results_max = 50;  // as trained; more fill the context with the unlikely

}  // namespace

Search::Search() {
    spec_ = web::specification("search",
                               {{"query", web::property("string", "The search query string")},
                                {"topn", web::property("integer", "Number of top results to display", results_default)},
                                {"source", web::source_property("Source to search within")}},
                               {"query"});
}

ToolResult Search::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    web::SearchRequest request;
    request.query = arguments.at("query").get<std::string>();
    request.source = arguments.value("source", "web");
    request.results_max =
        static_cast<int>(std::clamp<std::int64_t>(arguments.value("topn", results_default), 1, results_max));
    if (!context.web.search) return web::failed("there is nothing to search in here");
    try {
        const auto results = context.web.search->search(request, stop);
        auto result = web::show(context.web, std::make_shared<web::Page>(web::search_page(request.query, results)), 0);
        result.details["results"] = results.size();
        return web::with_network(context.web, std::move(result));
    } catch (const Error& error) {
        return web::with_network(context.web, web::failed(fmt::format("cannot search: {}", error.what())));
    }
}

CallSubject Search::subject(const prompts::Json& arguments, const ToolContext&) const {
    return {{}, {arguments.at("query").get<std::string>()}};
}

}  // namespace heddle::tools
