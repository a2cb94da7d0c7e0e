// sandbox/path_glob.h: A pattern over paths: `*` and `?` within a name, `**` for any number of folders.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sandbox {

using PathNames = std::vector<std::string>;

PathNames path_names(std::string_view path);  // what stands between the slashes

// True if the glob matches the path or a folder above it.
bool glob_covers(std::span<const std::string> glob, std::span<const std::string> path);
// True if the glob matches this very path.
bool glob_matches(std::span<const std::string> glob, std::span<const std::string> path);
// True if the glob may match something below the path.
bool glob_leads_below(std::span<const std::string> glob, std::span<const std::string> path);

}  // namespace heddle::sandbox
