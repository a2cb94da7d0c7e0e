// runtime/terminal_text.h: Hostile text made safe to print on a terminal, also as it streams in.
#pragma once

#include <string>
#include <string_view>

namespace heddle {

// Keeps UTF-8 text, newlines and tabs. Control characters, bytes that are not UTF-8, and characters that reorder or
// hide what stands around them come out as escapes such as \x1b or \u202e, so that nothing can move the cursor, set a
// title, or read other than it is.
class TerminalText {
 public:
    std::string feed(std::string_view bytes);  // a character that is cut waits for its other bytes
    std::string finish();                      // what still waits, escaped

 private:
    std::string waiting_;
};

std::string printable_text(std::string_view text);
std::string printable_line(std::string_view text);  // in one line: newlines and tabs are escaped too

// JSON with what deceives written as \u escapes: the same values, and harmless on a terminal too. Takes valid UTF-8.
std::string printable_json(std::string_view json);

}  // namespace heddle
