// sandbox/policy_rules.cpp: Holds rules against the words of a command, and lets what they widen wait for approval.
#include "sandbox/policy_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "sandbox/policy_meet.h"

namespace heddle::sandbox {

PolicyFile tighten(const PolicyFile& base, const PolicyFile& more) {
    PolicyFile both;
    both.tier = std::max(base.tier, more.tier);
    both.require = base.require;
    both.require.insert(more.require.begin(), more.require.end());
    both.permissions = meet(base.permissions, more.permissions);
    for (const auto* rules : {&base.rules, &more.rules})
        std::copy(rules->begin(), rules->end(), std::back_inserter(both.rules));
    for (auto& rule : both.rules) rule.tightens_only = true;
    return both;
}

std::vector<std::string> widens(const PolicyFile& base, const PolicyFile& wanted) {
    std::vector<std::string> found;
    if (wanted.tier < base.tier)
        found.push_back(
            fmt::format("a sandbox of tier {} would do instead of {}", name_of(wanted.tier), name_of(base.tier)));
    for (const auto& name : base.require)
        if (!wanted.require.contains(name)) found.push_back(fmt::format("{} would no longer be required", name));
    for (auto& sentence : excess(base.permissions, wanted.permissions)) found.push_back(std::move(sentence));
    return found;
}

bool CommandPolicy::needs_approval() const {
    return std::any_of(matched.begin(), matched.end(),
                       [](const auto& rule) { return rule.ask || (!rule.is_seen && !rule.widens.empty()); });
}

CommandPolicy policy_for(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved,
                         const SeenCommands& seen) {
    CommandPolicy result{policy, {}};
    result.policy.rules.clear();
    Permissions& now = result.policy.permissions;
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
        const CommandRule& rule = policy.rules[i];
        MatchedRule matched{i, {}, rule.ask, !matches(rule, argv)};
        if (matched.is_seen && !seen.may_meet(rule)) continue;
        const Permissions wanted = changed(now, rule.changes);
        if (!rule.tightens_only) matched.widens = excess(now, wanted);
        now = approved && !rule.tightens_only && !matched.is_seen ? wanted : meet(now, wanted);
        result.matched.push_back(std::move(matched));
    }
    return result;
}

}  // namespace heddle::sandbox
