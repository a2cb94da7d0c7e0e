// sandbox/policy_scan.h: Finds what the TOML parser must not be given.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heddle::sandbox {

// toml++ 3.3 leaves defined behaviour where it looks for white space and meets a letter such as U+0159
// (is_non_ascii_horizontal_whitespace). The place of the first byte that is not ASCII outside of comments and strings
// of one line, where TOML knows no such letters anyway, or where \uXXXX says the same.
std::optional<std::size_t> find_stray_letter(std::string_view text);

}  // namespace heddle::sandbox
