// sandbox/policy_path.h: The paths that a policy names, and whether a guest could change where one leads.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sandbox {

inline constexpr std::string_view place_workspace = "$WORKSPACE", place_tmp = "$TMP";

// An absolute path without "." and "..", "~" replaced by `home`; for writing also one that starts with a place above.
// Nothing for a path that is relative, a pattern, or would lay open the whole host; path_wanted() says what may be.
std::optional<std::string> policy_path(std::string text, bool for_writing, const std::filesystem::path& home);
std::string path_wanted(bool for_writing);

// A pattern of fs.hide or fs.protect.
std::optional<std::string> policy_pattern(std::string text, const std::filesystem::path& home);

// `outer` is `inner`, or a folder above it.
bool path_covers(std::string_view outer, std::string_view inner);

// Whether the kernel comes through `folder` on its way to `path`, by name or by a link. Both are absolute.
bool leads_through(const std::filesystem::path& path, const std::filesystem::path& folder);

}  // namespace heddle::sandbox
