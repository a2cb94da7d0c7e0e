// sandbox/policy_scan.h: Finds what the TOML parser must not be given.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heddle::sandbox {

// toml++ 3.3 leaves defined behaviour where it looks for white space and meets a letter such as U+0159
// (is_non_ascii_horizontal_whitespace); and behind a value that is none it looks so at what others take for a string.
// The place of the first byte outside of comments that is not ASCII, or of the string that it is in; \uXXXX says the
// same there.
std::optional<std::size_t> find_stray_letter(std::string_view text);

}  // namespace heddle::sandbox
