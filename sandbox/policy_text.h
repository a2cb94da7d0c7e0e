// sandbox/policy_text.h: Says in lines, or in JSON, what a policy means for one command.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sandbox/policy_rules.h"

namespace heddle::sandbox {

// A line a subject, each "name: what holds"; then which rules the command meets and why, and what the user would have
// to approve. Values of variables are left out.
std::string explain(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved = false);
// The same as an object; its texts are any bytes.
nlohmann::ordered_json explain_json(const PolicyFile& policy, const std::vector<std::string>& argv,
                                    bool approved = false);

}  // namespace heddle::sandbox
