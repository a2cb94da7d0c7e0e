// sandbox/policy_rules.h: What two policies both allow, what one would widen, and what a policy says to one command.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sandbox/policy_file.h"
#include "sandbox/seen_commands.h"

namespace heddle::sandbox {

// What both allow and nothing else. Rules of both come along, but from then on they only tighten.
PolicyFile tighten(const PolicyFile& base, const PolicyFile& more);

// What `wanted` allows and `base` does not, a sentence each, without its rules; empty if it is nowhere looser.
std::vector<std::string> widens(const PolicyFile& base, const PolicyFile& wanted);

struct MatchedRule {
    std::size_t index = 0;            // in PolicyFile::rules
    std::vector<std::string> widens;  // beyond what holds without it
    bool ask = false;
    bool is_seen = false;  // not the command itself meets it, but one that it is seen to start
};

struct CommandPolicy {
    PolicyFile policy;  // without rules
    std::vector<MatchedRule> matched;

    bool needs_approval() const;
};

// Applies the rules that match, in their order. Without approval a rule only tightens. With it the rule holds as it is
// written; what was approved are the sentences that the same call without approval gives. Rules that are met by what is
// `seen` tighten and are asked for, but never widen: all that a command starts lives in one guest.
CommandPolicy policy_for(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved,
                         const SeenCommands& seen = {});

}  // namespace heddle::sandbox
