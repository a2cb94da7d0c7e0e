// tools/web/wrap.h: Paragraphs to lines of at most 80 characters, as the model knows them from its training.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace heddle::tools::web {

struct Line {
    std::string text;
    bool goes_on = false;  // the next line belongs to the same paragraph; nothing stands between the two

    bool operator==(const Line&) const = default;
};

// A paragraph ends at a newline. A line ends before the word that would make it longer than 80 characters, after a
// hyphen between letters, or around a dash of two hyphens and more; spaces stay where they stand, at either side of an
// end, so that the lines of a paragraph put together are the paragraph. A word that is longer than a line fills the
// line at hand. Tabs become spaces up to the next multiple of eight. Takes valid UTF-8; a character is a code point.
// These are the rules of Python's textwrap with drop_whitespace off, which is how DeepSeek-V3.2 was shown its pages.
std::vector<Line> wrap_text(std::string_view text);

}  // namespace heddle::tools::web
