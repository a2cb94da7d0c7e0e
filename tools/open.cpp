// tools/open.cpp: From a link or a URL to a page, and to a place in it.
#include "tools/open.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "tools/clip.h"
#include "tools/web/web_tool.h"

namespace heddle::tools {

namespace {

using prompts::Json;

constexpr std::size_t url_bytes_max = 1'000;  // in an error

struct Target {
    std::optional<std::int64_t> link;  // by id
    std::string url;                   // else, unless empty: a page of its own; else the page at hand
};

// A link's id in quotes is an id still: no URL is a number.
Target target_of(const Json& arguments) {
    const Json id = arguments.value("id", Json(-1));
    if (id.is_number()) {
        const auto number = id.get<std::int64_t>();
        return number < 0 ? Target{} : Target{number, {}};
    }
    const auto text = id.get<std::string>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) return number < 0 ? Target{} : Target{number, {}};
    return {{}, text};
}

ToolResult cannot_fetch(const std::string& url, const std::string& why) {
    ToolResult result;
    result.text =
        fmt::format("Error fetching URL `{}`{}{}", one_line(url, url_bytes_max), why.empty() ? "" : ": ", why);
    result.ok = false;
    return result;
}

// What a call is to show.
struct Goal {
    std::shared_ptr<const web::Page> page;  // shown before; null: it is to be fetched
    std::string url;
    std::int64_t loc = -1;
    std::string why;  // not empty: there is no such thing
};

Goal goal_of(const Json& arguments, const web::Web& web) {
    const Target target = target_of(arguments);
    Goal goal;
    goal.loc = arguments.value("loc", std::int64_t{-1});
    goal.url = target.url;
    if (!target.url.empty()) return goal;
    goal.page = web::page_at(web, arguments.value("cursor", std::int64_t{-1}), goal.why);
    if (goal.page == nullptr) return goal;
    goal.url = goal.page->url;
    if (!target.link) {
        if (arguments.value("view_source", false)) goal.page = nullptr;
        return goal;
    }
    const auto links = static_cast<std::int64_t>(goal.page->links.size());
    if (*target.link >= links) {
        goal.why = links == 0
                       ? "that page has no links"
                       : fmt::format("there is no link {}, the last one of that page is {}", *target.link, links - 1);
        return goal;
    }
    const web::Link link = goal.page->links[static_cast<std::size_t>(*target.link)];
    if (goal.loc < 0) goal.loc = link.loc;
    goal.url = link.url;
    goal.page = link.page;
    return goal;
}

prompts::ToolSpec specification() {
    Json id = {{"description", "Link ID (number) or fully qualified URL (string)"},
               {"anyOf", Json::array({{{"type", "integer"}}, {{"type", "string"}}})},
               {"default", -1}};
    return web::specification("open", {{"id", std::move(id)},
                                       {"cursor", web::property("integer", "Page cursor indicator", -1)},
                                       {"loc", web::property("integer", "Starting line number", -1)},
                                       {"num_lines", web::property("integer", "Number of lines to show", -1)},
                                       {"view_source", web::property("boolean", "Whether to view source", false)},
                                       {"source", web::source_property("Source associated with the URL")}});
}

}  // namespace

Open::Open() : Tool(specification()) {}

// Whatever the calls before it open: a page by its URL, and one from a page that has its cursor already.
bool Open::runs_beside(const Json& arguments, const ToolContext& context) const {
    const bool is_named = !target_of(arguments).url.empty() || arguments.value("cursor", std::int64_t{-1}) >= 0;
    return is_named && goal_of(arguments, context.web).why.empty();
}

// It may be fetched beside other calls; it takes its cursor in turn.
Tool::Rest Open::begin(const Json& arguments, ToolContext& context, std::stop_token stop) {
    web::Web& web = context.web;
    const Goal goal = goal_of(arguments, web);
    if (!goal.why.empty()) return [why = goal.why] { return web::failed(why); };
    const auto num_lines = arguments.value("num_lines", std::int64_t{-1});
    if (goal.page) return [&web, goal, num_lines] { return web::show(web, goal.page, goal.loc, num_lines); };
    if (!web.pages) return [url = goal.url] { return cannot_fetch(url, "there is nothing to open pages from here"); };
    auto asked = web::asked(web, [&] {
        return std::make_shared<const web::Page>(
            web.pages->open(goal.url, arguments.value("view_source", false), std::move(stop)));
    });
    return [&web, goal, num_lines, asked = std::move(asked)] {
        if (!asked.value) return web::with_network(cannot_fetch(goal.url, asked.why), asked.network);
        return web::with_network(web::show(web, *asked.value, goal.loc, num_lines), asked.network);
    };
}

ToolResult Open::run(const Json& arguments, ToolContext& context, std::stop_token stop) {
    return begin(arguments, context, std::move(stop))();
}

// The address of what is to be shown, also where it is at hand.
CallSubject Open::subject(const Json& arguments, const ToolContext& context) const {
    const Goal goal = goal_of(arguments, context.web);
    if (!goal.why.empty()) return {};
    return {{}, {goal.url}};
}

}  // namespace heddle::tools
