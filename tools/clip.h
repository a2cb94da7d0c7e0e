// tools/clip.h: Bytes of any kind to bounded, valid text for the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::tools {

inline constexpr std::size_t text_bytes_max = 16'000;  // about 4k tokens: several results fit a small context

// Valid UTF-8 without control characters but \n and \t: others are shown as \x1b or \u202e, bytes that are no UTF-8 as
// U+FFFD, one for each maximal wrong part. Text that is fine already stays as it is.
std::string readable(std::string_view bytes);

bool is_utf8(std::string_view bytes);

// Readable text on one line, of at most `bytes_max` bytes of `bytes` and three dots if there were more: for names and
// paths that someone else made up.
std::string one_line(std::string_view bytes, std::size_t bytes_max);

// The longest prefix of at most `bytes_max` bytes that does not cut a UTF-8 character in two.
std::string_view prefix_of(std::string_view text, std::size_t bytes_max);

std::string_view trimmed(std::string_view text);  // without spaces, tabs and \r at both ends

// In the place of bytes left out there is a line that begins and ends so, with their number in between.
inline constexpr std::string_view gap_begin = "[... ", gap_end = " bytes left out ...]\n";

// `text` as it is if it has at most text_bytes_max bytes; else its first and last halves of that, with a line between
// them that says how many bytes are left out.
std::string clipped(std::string_view text);

// Keeps what clipped() needs of text that comes in parts, in bounded memory.
class Clip {
 public:
    void append(std::string_view text);  // readable text; parts may be of any length
    void skip(std::uint64_t bytes);      // bytes that were lost before they came here, at this place
    std::string text() const;

 private:
    std::string head_;         // the first text_bytes_max bytes, or what came before a skip
    std::string tail_;         // of what follows, at least the last half of text_bytes_max
    std::uint64_t total_ = 0;  // all bytes, the skipped ones too
    bool head_full_ = false;
};

}  // namespace heddle::tools
