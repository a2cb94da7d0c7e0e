// tools/web/web_tool.cpp: The parts of the recorded schemas, and the way from a page to a result.
#include "tools/web/web_tool.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/texts.h"

namespace heddle::tools::web {

using prompts::Json;

prompts::ToolSpec specification(const std::string& tool, const Json& properties,
                                const std::vector<std::string>& required) {
    prompts::ToolSpec spec = tool_spec(tool, properties, required);
    Json& parameters = spec.function["parameters"];
    parameters["additionalProperties"] = false;
    parameters["$schema"] = "http://json-schema.org/draft-07/schema#";
    return spec;
}

Json property(const char* type, const char* description, Json otherwise) {
    Json made = {{"type", type}, {"description", description}};
    if (!otherwise.is_null()) made["default"] = std::move(otherwise);
    return made;
}

Json source_property(const char* description) {
    return {
        {"type", "string"}, {"description", description}, {"enum", Json::array({"web", "news"})}, {"default", "web"}};
}

ToolResult show(Web& web, std::shared_ptr<const Page> page, std::int64_t loc, std::int64_t num_lines) {
    const auto lines = static_cast<std::int64_t>(page->lines.size());
    if (loc >= lines) return failed(fmt::format("there is no line {}, the last one is {}", loc, lines - 1));
    ToolResult result;
    const std::int64_t cursor = web.browser.add(page);
    result.text = view_of(*page, cursor, std::max<std::int64_t>(loc, 0), num_lines, web.tokens);
    result.details = {{"cursor", cursor}, {"url", page->url}, {"lines", lines}};
    return result;
}

std::shared_ptr<const Page> page_at(const Web& web, std::int64_t cursor, std::string& why) {
    const std::int64_t next = web.browser.next_cursor();
    auto page = web.browser.page(cursor == -1 ? next - 1 : cursor);
    if (page == nullptr) {
        why = next == 0 ? "no page has been opened yet; search, or open a URL"
                        : fmt::format("there is no page with cursor {}; the most recent one has {}", cursor, next - 1);
    }
    return page;
}

ToolResult failed(std::string text) {
    ToolResult result;
    result.text = "[error: " + std::move(text) + "]";
    result.ok = false;
    return result;
}

ToolResult with_network(ToolResult result, const std::vector<std::string>& network) {
    if (!network.empty()) result.details["network"] = network;
    return result;
}

}  // namespace heddle::tools::web
