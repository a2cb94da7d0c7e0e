// sandbox/policy_hosts.h: Which of two rules over hosts is the narrower, and what both mean.
#pragma once

#include <optional>

#include "sandbox/net/rules.h"

namespace heddle::sandbox {

// Without a port an allowance means the web's, 443 and 80, and a denial means every one.

// What both allow.
std::optional<NetRule> intersection(const NetRule& a, const NetRule& b);

// As allowances: `outer` allows whatever `inner` does.
bool covers(const NetRule& outer, const NetRule& inner);
// As denials.
bool covers_as_denial(const NetRule& outer, const NetRule& inner);

}  // namespace heddle::sandbox
