// tools/open.cpp: From a link or a URL to a page, and to a place in it.
#include "tools/open.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>

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

ToolResult fetch(web::Web& web, const std::string& url, const Json& arguments, std::int64_t loc, std::stop_token stop) {
    if (!web.pages) return cannot_fetch(url, "there is nothing to open pages from here");
    try {
        auto page = std::make_shared<web::Page>(web.pages->open(url, arguments.value("view_source", false), stop));
        return web::with_network(web,
                                 web::show(web, std::move(page), loc, arguments.value("num_lines", std::int64_t{-1})));
    } catch (const Error& error) {
        return web::with_network(web, cannot_fetch(url, error.what()));
    }
}

}  // namespace

Open::Open() {
    Json id = {{"description", "Link ID (number) or fully qualified URL (string)"},
               {"anyOf", Json::array({{{"type", "integer"}}, {{"type", "string"}}})},
               {"default", -1}};
    spec_ = web::specification("open", {{"id", std::move(id)},
                                        {"cursor", web::property("integer", "Page cursor indicator", -1)},
                                        {"loc", web::property("integer", "Starting line number", -1)},
                                        {"num_lines", web::property("integer", "Number of lines to show", -1)},
                                        {"view_source", web::property("boolean", "Whether to view source", false)},
                                        {"source", web::source_property("Source associated with the URL")}});
}

ToolResult Open::run(const Json& arguments, ToolContext& context, std::stop_token stop) {
    web::Web& web = context.web;
    const Target target = target_of(arguments);
    const auto loc = arguments.value("loc", std::int64_t{-1});
    if (!target.url.empty()) return fetch(web, target.url, arguments, loc, stop);

    std::string why;
    const auto page = web::page_at(web, arguments.value("cursor", std::int64_t{-1}), why);
    if (page == nullptr) return web::failed(why);
    if (!target.link) {
        if (arguments.value("view_source", false)) return fetch(web, page->url, arguments, loc, stop);
        return web::show(web, page, loc, arguments.value("num_lines", std::int64_t{-1}));
    }
    const auto links = static_cast<std::int64_t>(page->links.size());
    if (*target.link >= links) {
        return web::failed(
            links == 0 ? "that page has no links"
                       : fmt::format("there is no link {}, the last one of that page is {}", *target.link, links - 1));
    }
    const web::Link& link = page->links[static_cast<std::size_t>(*target.link)];
    const std::int64_t place = loc >= 0 ? loc : link.loc;
    if (link.page) return web::show(web, link.page, place, arguments.value("num_lines", std::int64_t{-1}));
    return fetch(web, link.url, arguments, place, stop);
}

// The address of what is to be shown, also where it is at hand.
CallSubject Open::subject(const Json& arguments, const ToolContext& context) const {
    const Target target = target_of(arguments);
    if (!target.url.empty()) return {{}, {target.url}};
    std::string why;
    const auto page = web::page_at(context.web, arguments.value("cursor", std::int64_t{-1}), why);
    if (page == nullptr) return {};
    if (!target.link) return {{}, {page->url}};
    if (*target.link >= static_cast<std::int64_t>(page->links.size())) return {};
    return {{}, {page->links[static_cast<std::size_t>(*target.link)].url}};
}

}  // namespace heddle::tools
