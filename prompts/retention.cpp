// prompts/retention.cpp: Named policies that say which earlier reasoning the model still sees.
#include "prompts/retention.h"

#include <algorithm>

namespace heddle::prompts {

namespace {

constexpr Retention policies[] = {Retention::until_user, Retention::all_if_tools, Retention::all, Retention::none};

}  // namespace

const char* name_of(Retention policy) {
    switch (policy) {
        case Retention::until_user:
            return "until_user";
        case Retention::all_if_tools:
            return "all_if_tools";
        case Retention::all:
            return "all";
        case Retention::none:
            return "none";
    }
    return "";
}

std::optional<Retention> retention_named(std::string_view name) {
    for (const Retention policy : policies) {
        if (name == name_of(policy)) return policy;
    }
    return {};
}

std::optional<std::size_t> last_question(std::span<const Message> messages) {
    for (std::size_t i = messages.size(); i-- > 0;) {
        if (messages[i].role == Role::user || messages[i].role == Role::developer) return i;
    }
    return {};
}

Retention effective(std::span<const Message> messages, Retention policy) {
    if (policy != Retention::all_if_tools) return policy;
    const bool tools = std::any_of(messages.begin(), messages.end(), [](const auto& m) { return !m.tools.empty(); });
    return tools ? Retention::all : Retention::until_user;
}

std::vector<bool> keeps_reasoning(std::span<const Message> messages, Retention policy) {
    const Retention rule = effective(messages, policy);
    const auto question = last_question(messages);
    std::vector<bool> keeps(messages.size(), false);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages[i].role != Role::assistant) continue;
        keeps[i] = rule == Retention::all || (rule == Retention::until_user && (!question || i > *question));
    }
    return keeps;
}

}  // namespace heddle::prompts
