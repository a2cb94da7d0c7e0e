// sandbox/workspace.h: Opens the workspace of a policy, and refuses one that would hand the host to the guest.
#pragma once

#include <filesystem>
#include <string>

#include "sandbox/fd.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

inline constexpr const char* guest_home = "/home/guest";

// Why a folder at this path cannot be a workspace, or "" if it can. `path` is absolute and normal.
std::string refusal(const std::filesystem::path& path);

// Without dots, and without a slash at its end.
std::filesystem::path normal(const std::filesystem::path& path);

// Holds the folder open, so that what was checked is what is mounted, and makes policy.workspace normal. Throws Error.
Fd open_workspace(Policy& policy);

// Throws Error unless every limit has a meaning.
void check(const Limits& limits);

}  // namespace heddle::sandbox
