// runtime/cli/sandbox_changes.h: What was changed in a workspace whose changes are kept apart: shown, taken, dropped.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "runtime/kept_changes.h"

namespace heddle {

// Around what works on a folder and writes apart from it: a command, or an agent.
class CopiedWorkspace {
 public:
    // Refuses where changes of an earlier one still wait. `protect` as in RunPolicy. Throws sandbox::Error.
    CopiedWorkspace(const std::filesystem::path& workspace, const std::vector<std::string>& protect);

    void settle() const { baseline_.settle(); }  // before the first command runs

    struct End {
        std::string text;           // lines for the user: what was taken, what was not, and what to do about that
        bool has_conflict = false;  // nothing was taken: the folder was changed meanwhile
    };
    // When nothing runs any more: takes the changes into the folder, or keeps them. What a commit leaves out, and a
    // person may take, is kept, too. Throws sandbox::Error.
    End finish(const sandbox::Fd& upper, bool commit);

 private:
    std::string keep(const sandbox::Fd& upper);

    std::filesystem::path workspace_;
    std::vector<std::string> protect_;
    KeptChanges kept_;
    sandbox::changes::Baseline baseline_;
};

// diff, commit, discard.
void add_sandbox_changes(CLI::App& sandbox, int& exit_code);

}  // namespace heddle
