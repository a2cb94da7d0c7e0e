// tools/search.cpp: Asks the session's provider, and gives its results a cursor as a page.
#include "tools/search.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "tools/web/result_page.h"
#include "tools/web/web_tool.h"

namespace heddle::tools {

namespace {

constexpr std::int64_t results_default = 10, results_max = 50;  // as trained; more fill the context with the unlikely

}  // namespace

Search::Search()
    : Tool(web::specification("search",
                              {{"query", web::property("string", "The search query string")},
                               {"topn", web::property("integer", "Number of top results to display", results_default)},
                               {"source", web::source_property("Source to search within")}},
                              {"query"})) {}

// The results may be asked for beside other calls; the page with them takes its cursor in turn.
Tool::Rest Search::begin(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    web::Web& web = context.web;
    if (!web.search) return [] { return web::failed("there is nothing to search in here"); };
    web::SearchRequest request;
    request.query = arguments.at("query").get<std::string>();
    request.source = arguments.value("source", "web");
    request.results_max =
        static_cast<int>(std::clamp<std::int64_t>(arguments.value("topn", results_default), 1, results_max));
    auto asked = web::asked(web, [&] { return web.search->search(request, std::move(stop)); });
    return [&web, query = request.query, asked = std::move(asked)] {
        if (!asked.value) return web::with_network(web::failed("cannot search: " + asked.why), asked.network);
        auto result = web::show(web, std::make_shared<web::Page>(web::search_page(query, *asked.value)), 0);
        result.details["results"] = asked.value->size();
        return web::with_network(std::move(result), asked.network);
    };
}

ToolResult Search::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    return begin(arguments, context, std::move(stop))();
}

CallSubject Search::subject(const prompts::Json& arguments, const ToolContext&) const {
    return {{}, {arguments.at("query").get<std::string>()}};
}

}  // namespace heddle::tools
