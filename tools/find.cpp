// tools/find.cpp: A text looked for in a page that was opened; what is found is a page of its own.
#include "tools/find.h"

#include <fmt/format.h>

#include <memory>

#include "tools/clip.h"
#include "tools/web/result_page.h"
#include "tools/web/web_tool.h"

namespace heddle::tools {

namespace {

constexpr std::size_t pattern_bytes_max = 2'000;  // a paragraph

}  // namespace

Find::Find()
    : Tool(web::specification("find",
                              {{"pattern", web::property("string", "The exact pattern to search for")},
                               {"cursor", web::property("integer", "Page cursor to search in", -1)}},
                              {"pattern"})) {}

ToolResult Find::run(const prompts::Json& arguments, ToolContext& context, std::stop_token) {
    std::string why;
    const auto page = web::page_at(context.web, arguments.value("cursor", std::int64_t{-1}), why);
    if (page == nullptr) return web::failed(why);
    const auto pattern = readable(arguments.at("pattern").get<std::string>());
    if (pattern.size() > pattern_bytes_max) {
        return web::failed(
            fmt::format("the pattern is longer than {} bytes; a part of it is found as well", pattern_bytes_max));
    }
    auto found = web::find_page(page, pattern);
    if (!found) {
        ToolResult none;
        none.text = fmt::format("No `find` results for pattern: `{}`", one_line(pattern, 300));
        none.details = {{"matches", 0}};
        return none;
    }
    const std::size_t matches = found->links.size();
    auto result = web::show(context.web, std::make_shared<web::Page>(std::move(*found)), 0);
    result.details["matches"] = matches;
    return result;
}

}  // namespace heddle::tools
