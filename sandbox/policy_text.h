// sandbox/policy_text.h: Says in lines, or in JSON, what a policy means for one command.
#pragma once

#include <string>
#include <vector>

#include "sandbox/policy_rules.h"

namespace heddle::sandbox {

// A line a subject, each "name: what holds"; then what the user would have to approve. Values of variables are left
// out.
std::string explain(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved = false);
std::string explain_json(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved = false);

}  // namespace heddle::sandbox
