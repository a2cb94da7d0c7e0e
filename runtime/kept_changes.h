// runtime/kept_changes.h: What commands in the sandbox changed in a workspace, kept until somebody decides.
#pragma once

#include <filesystem>

#include "sandbox/changes/baseline.h"
#include "sandbox/fd.h"

namespace heddle {

// One set a workspace, in the data folder, which no guest sees. What a commit that was cut off left behind is put in
// order first. Throws sandbox::Error.
class KeptChanges {
 public:
    KeptChanges(const std::filesystem::path& data, const std::filesystem::path& workspace);

    const sandbox::Fd& root() const { return root_; }          // the workspace itself
    const sandbox::Fd& journals() const { return journals_; }  // for commit
    bool exist() const;

    void keep(const sandbox::Fd& upper, const sandbox::changes::Baseline& baseline);  // where none are kept yet
    sandbox::Fd upper() const;
    sandbox::changes::Baseline baseline() const;
    void drop();

 private:
    std::filesystem::path folder_;
    sandbox::Fd root_, journals_;
};

}  // namespace heddle
