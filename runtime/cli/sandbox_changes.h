// runtime/cli/sandbox_changes.h: What a command changed in a workspace that is copied on write: shown, taken, dropped.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "runtime/cli/sandbox_policy.h"
#include "runtime/kept_changes.h"

namespace heddle {

// Around one command: refuses where changes of an earlier one still wait. Throws sandbox::Error.
class CopiedWorkspace {
 public:
    explicit CopiedWorkspace(const RunPolicy& wanted);

    void settle() const { baseline_.settle(); }  // after the view is made, before the command runs

    // When nothing runs any more: takes the changes into the workspace, or keeps them. Returns lines for the user.
    std::string finish(const sandbox::Fd& upper, bool commit);

 private:
    const RunPolicy& wanted_;
    KeptChanges kept_;
    sandbox::changes::Baseline baseline_;
};

// diff, commit, discard.
void add_sandbox_changes(CLI::App& sandbox, int& exit_code);

}  // namespace heddle
