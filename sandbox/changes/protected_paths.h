// sandbox/changes/protected_paths.h: Paths that make the host run or trust something, so that commit does not take
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/changes/change.h"

namespace heddle::sandbox::changes {

// A name as a file system that folds case would look it up, and so that what such a system takes for `.git` is equal
// to `.git` here: ASCII in lower case, the two letters that fold to ASCII folded, ignorable characters dropped (as
// ext4's casefold and HFS+ do), trailing dots and spaces and what follows a colon dropped, `git~1` taken for `.git` (as
// NTFS does; git guards against the same names, CVE-2014-9390 and CVE-2019-1353).
std::string folded(std::string_view name);

// Begins the name of commit's own folder in the workspace; never taken from a guest, whatever a person allows.
inline constexpr std::string_view commit_folder_prefix = ".heddle-commit-";

class ProtectedPaths {
 public:
    // Globs of a policy beside the built-in list, anchored at the root of the workspace: `*` and `?` within a name,
    // `**` for any number of folders. A glob that matches a folder covers all below it. Throws Error for one that is
    // empty, absolute, or climbs.
    explicit ProtectedPaths(const std::vector<std::string>& globs);
    ProtectedPaths() = default;

    // What the path is, as "git hook", or "" where commit may take it.
    std::string reason(const Change& change) const;
    std::string reason_of_policy(const Change& change) const;  // by the globs alone

 private:
    std::vector<std::vector<std::string>> globs_;
};

}  // namespace heddle::sandbox::changes
