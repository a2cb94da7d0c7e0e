// runtime/cli/sandbox_policy.h: What the policy file and the flags say together about one command.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/cli/sandbox_run.h"
#include "sandbox/policy.h"
#include "sandbox/policy_file.h"

namespace heddle {

struct RunPolicy {
    sandbox::Policy policy;
    std::map<std::string, std::string> environment;
    std::vector<std::string> protect;  // globs whose changes are not committed, beside Heddle's own list
    std::vector<std::string> remarks;  // lines for the user: what a rule would widen, and was not approved
};

// The file that holds for a workspace; the defaults where there is none. Throws sandbox::Error.
sandbox::PolicyFile find_policy(const std::filesystem::path& named, const std::filesystem::path& workspace);

// What the user's policy says of the tools of an agent, whose commands nobody knows beforehand: its rules on single
// commands are not asked, and that is said. Throws sandbox::Error.
RunPolicy agent_policy(const std::filesystem::path& named, const std::filesystem::path& workspace);

// Flags over the file. Throws sandbox::Error for what this build cannot enforce: a policy is kept whole or not at all.
RunPolicy run_policy(const SandboxRunOptions& options);

}  // namespace heddle
