// sandbox/toml_scan.h: Finds what the TOML parser must not be given, whatever the file is for.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace heddle::sandbox {

struct TextPlace {
    std::size_t offset = 0;            // in bytes
    std::size_t line = 1, column = 1;  // as people count
};

// toml++ 3.3 leaves defined behaviour where it looks for white space and meets a letter such as U+0159
// (is_non_ascii_horizontal_whitespace); and behind a value that is none it looks so at what others take for a string.
// The place of the first byte outside of comments that is not ASCII, or of the string that it is in.
std::optional<TextPlace> find_stray_letter(std::string_view text);

inline constexpr const char* stray_letter_words =
    "letters beyond ASCII stand in comments only; in a string write \\uXXXX";

}  // namespace heddle::sandbox
