// sandbox/changes/printable.h: A hostile path as text that a terminal, a log and a model can be shown.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sandbox::changes {

// One character of UTF-8 (RFC 3629: no overlong forms, no surrogates) at the front of `text`; size 0 where there is
// none, and then the first byte is to be taken by itself.
struct Character {
    char32_t code = 0;
    std::size_t size = 0;
};
Character first_character(std::string_view text);

// True for what draws nothing, or moves what is drawn: zero-width characters, direction marks, tags.
bool invisible(char32_t code);

// The path as it is, where it is plain; else in double quotes, with \xNN for each byte of a control character, of
// invalid UTF-8, of an invisible character, of a quote and of a backslash.
std::string printable(std::string_view path);

}  // namespace heddle::sandbox::changes
