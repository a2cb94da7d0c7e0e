// tools/web/web_tool.h: What search, open and find have in common: their schemas' shape, and a page shown.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/error.h"
#include "tools/tool.h"

namespace heddle::tools::web {

// The specification that the model was trained with: `properties` closed, with the draft that was named then.
prompts::ToolSpec specification(const std::string& tool, const prompts::Json& properties,
                                const std::vector<std::string>& required = {});

// A property of it, with its default unless that is null.
prompts::Json property(const char* type, const char* description, prompts::Json otherwise = nullptr);
prompts::Json source_property(const char* description);  // "web" or "news"

// Gives the page a cursor and shows it from `loc` on; an error if it has no such line. loc below 0 is 0.
ToolResult show(Web& web, std::shared_ptr<const Page> page, std::int64_t loc, std::int64_t num_lines = -1);

// The page with this cursor, -1 for the most recent one; or null, and `why` says what to do.
std::shared_ptr<const Page> page_at(const Web& web, std::int64_t cursor, std::string& why);

ToolResult failed(std::string text);

// What a provider answered, beside other calls or not, and what that took of the network.
template <class T>
struct Asked {
    std::optional<T> value;
    std::string why;  // there is none
    std::vector<std::string> network;
};

template <class Ask>
auto asked(Web& web, Ask ask) {
    Asked<decltype(ask())> answer;
    try {
        answer.value = ask();
    } catch (const Error& error) {
        answer.why = error.what();
    }
    if (web.network_log) answer.network = web.network_log();
    return answer;
}

// The same result, with what it took of the network in its details.
ToolResult with_network(ToolResult result, const std::vector<std::string>& network);

}  // namespace heddle::tools::web
