// sandbox/policy_rules.h: What two policies both allow, what one would widen, and what a policy says to one command.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/policy_file.h"

namespace heddle::sandbox {

// What both allow and nothing else. Rules of both come along, but from then on they only tighten.
PolicyFile tighten(const PolicyFile& base, const PolicyFile& more);

// What `wanted` allows and `base` does not, a sentence each, without its rules; empty if it is nowhere looser.
std::vector<std::string> widens(const PolicyFile& base, const PolicyFile& wanted);

// Whether a program does nothing but run others: no rule is held against what it runs.
bool runs_others(std::string_view program);

// Whether the command starts with the words of the rule. Only argv counts; nothing is taken apart as a shell would. A
// bare name means the program of that name in the system's folders; it is not met by one at another path.
bool matches(const CommandRule& rule, const std::vector<std::string>& argv);

struct MatchedRule {
    std::size_t index = 0;            // in PolicyFile::rules
    std::vector<std::string> widens;  // beyond what holds without it
    bool ask = false;
};

struct CommandPolicy {
    PolicyFile policy;  // without rules
    std::vector<MatchedRule> matched;

    bool needs_approval() const;
};

// Applies the rules that match, in their order. Without approval a rule only tightens. With it the rule holds as it is
// written; what was approved are the sentences that the same call without approval gives.
CommandPolicy policy_for(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved);

}  // namespace heddle::sandbox
