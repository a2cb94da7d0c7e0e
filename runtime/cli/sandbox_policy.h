// runtime/cli/sandbox_policy.h: What the policy file and the flags say together about one command.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/cli/sandbox_run.h"
#include "sandbox/policy.h"
#include "sandbox/policy_file.h"
#include "tools/command_gate.h"

namespace heddle {

struct RunPolicy {
    sandbox::Policy policy;
    std::map<std::string, std::string> environment;
    std::vector<std::string> protect;  // globs whose changes are not committed, beside Heddle's own list
    std::vector<std::string> remarks;  // lines for the user: what a rule would widen, and was not approved
};

// The file that holds for a workspace; where there is none, what holds without: flags, and a folder that is written to.
// Throws sandbox::Error.
sandbox::PolicyFile find_policy(const std::filesystem::path& named, const std::filesystem::path& workspace);

// Flags over the file. Throws sandbox::Error for what this build cannot enforce: a policy is kept whole or not at all.
RunPolicy run_policy(const SandboxRunOptions& options);

// The same of a file that was found, without making what is not there: caches lie where they would be made.
RunPolicy policy_to_explain(const sandbox::PolicyFile& file, const SandboxRunOptions& options);

struct AgentPolicy {
    RunPolicy all;                             // of every tool and command
    std::shared_ptr<tools::CommandGate> gate;  // none where the file has no rules on single commands
};

// What the user's policy says of the tools of an agent. `ask`: as CommandGate wants it. Throws sandbox::Error.
AgentPolicy agent_policy(const SandboxRunOptions& options, tools::Ask ask);

}  // namespace heddle
