// runtime/cli/sandbox_explain.h: heddle sandbox explain: what the policy says to a command, and what comes of it here.
#pragma once

#include "runtime/cli/sandbox_run.h"

namespace heddle {

// Of the options workspace, policy_file, command and json count. Prints, and returns the exit code.
int explain_policy(const SandboxRunOptions& options);

}  // namespace heddle
