// prompts/retention.h: Named policies that say which earlier reasoning the model still sees.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "prompts/message.h"

namespace heddle::prompts {

enum class Retention {
    until_user,    // DeepSeek-V3.2: kept across tool calls, dropped when a new user or developer message arrives
    all_if_tools,  // DeepSeek-V4: kept for ever once tools are present, else as until_user
    all,           // never dropped
    none,          // dropped from every finished assistant message at once
};

const char* name_of(Retention policy);
std::optional<Retention> retention_named(std::string_view name);

// The last message of the user or a developer: where until_user draws its line.
std::optional<std::size_t> last_question(std::span<const Message> messages);

// The policy that a conditional one amounts to in this conversation: never all_if_tools.
Retention effective(std::span<const Message> messages, Retention policy);

// For each message whether its reasoning stays in view under the policy; false for all that have none.
std::vector<bool> keeps_reasoning(std::span<const Message> messages, Retention policy);

}  // namespace heddle::prompts
