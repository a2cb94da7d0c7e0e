// prompts/retention.h: Named policies that say which earlier reasoning the model still sees.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "prompts/message.h"

namespace heddle::prompts {

enum class Retention {
    until_user,     // DeepSeek-V3.2: kept across tool calls, dropped when a new user or developer message arrives
    all_if_tools,   // DeepSeek-V4: kept for ever once tools are present, else as until_user
    all,            // never dropped
    none,           // dropped from every finished assistant message at once
};

const char* name_of(Retention policy);
std::optional<Retention> retention_named(std::string_view name);

// For each message whether its reasoning stays in view under the policy.
std::vector<bool> keeps_reasoning(std::span<const Message> messages, Retention policy);

}  // namespace heddle::prompts
