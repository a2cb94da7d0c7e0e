// tools/patch_names.h: Names of files as git writes them into the headers of a patch.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools {

// A name in double quotes, which git writes as a string of C where it has other bytes than plain ones; what follows the
// last quote is not looked at. Nothing where it is none, or does not end.
std::optional<std::string> unquoted_name(std::string_view text);

// Of a line "diff --git a/x b/x", where both names are the same but for these prefixes; else "".
std::string name_in_git_header(std::string_view line);

}  // namespace heddle::tools
