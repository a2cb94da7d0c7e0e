// sandbox/printable.h: Hostile bytes as one line of text that a terminal, a log and a model can be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::sandbox {

// What stands at the front of a text as UTF-8 (RFC 3629: no overlong forms, no surrogates).
struct Character {
    char32_t code = 0;
    std::size_t size = 0;   // bytes; 0: there is no character, and the first byte is to be taken by itself
    std::size_t wrong = 0;  // then: bytes at the front that could have begun one, at least 1 (Unicode, table 3-7)
    bool is_cut = false;    // then: they are all of the text, and more could make a character of them
};
Character first_character(std::string_view text);  // not of ""

// True for what draws nothing, or moves what is drawn: zero-width characters, direction marks, tags.
bool invisible(char32_t code);

// The text as it is, where it is plain; else in double quotes, with \xNN for each byte of a control character, of
// invalid UTF-8, of an invisible character, of a quote and of a backslash. In words of its own beside others it can
// look neither like them nor like more than one line.
std::string printable(std::string_view bytes);

}  // namespace heddle::sandbox
