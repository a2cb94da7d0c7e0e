// sandbox/changes/git_paths.h: Which files of git's own folders make the host's git run something, or look elsewhere.
#pragma once

#include <span>
#include <string>

#include "sandbox/changes/change.h"

namespace heddle::sandbox::changes {

// What the path is to git, as "git hook", or "" where `git commit` may change it: objects, refs, index, HEAD, logs.
// `names` are the folded names of the path.
std::string git_reason(std::span<const std::string> names, const Change& change);

// True for the names by which git takes any folder for a repository (setup.c, is_git_directory), or that matter in one.
bool makes_a_repository(const std::string& folded_name);

}  // namespace heddle::sandbox::changes
