// tools/tool_set.h: All tools by name, and which of them a conversation has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/dispatcher.h"

namespace heddle::tools {

// Every tool there is, in the order in which a model is told of them.
std::vector<std::string> tool_names();

// What a conversation has unless its user says otherwise: what the embedded model was trained with.
std::vector<std::string> standard_tools();

// Names between commas, as a user writes them, in the order of tool_names() and each once. Throws std::invalid_argument
// with one line for a name that there is not, or for none at all.
std::vector<std::string> tools_of(std::string_view list);

// Rules on calls as a user writes them, of tools that there are. Throws likewise.
std::vector<CallRule> known_call_rules(std::string_view list);

// What a model is told of tools by names that there are, in their order.
std::vector<prompts::ToolSpec> specs_of(const std::vector<std::string>& names);

// Adds tools by names that there are, in their order.
void add_tools(Dispatcher& dispatcher, const std::vector<std::string>& names);

}  // namespace heddle::tools
