// tools/text_file.h: A text file as a model sees it, and its bytes again after parts were replaced.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::tools {

struct Splice {  // of text(): [begin, end) gives way to `text`, whose lines end in \n
    std::size_t begin = 0, end = 0;
    std::string text;
};

// Lines that end in CR LF are seen as ending in LF, and a byte order mark is not seen. All that is not replaced keeps
// its bytes, whatever its encoding; a new line ends as the line where it begins does.
class TextFile {
 public:
    // Throws Error for what is no text that could be kept so: NUL bytes, as in UTF-16 and UTF-32. `shown` names it.
    TextFile(std::string bytes, const std::string& shown);

    const std::string& text() const { return text_; }

    // `splices` are in order and do not overlap. Throws Error where a new part has characters that are not ASCII and
    // the file is no UTF-8: in which encoding they would have to be written is not known.
    std::string with(std::span<const Splice> splices) const;

 private:
    bool ends_in_crlf(std::size_t at) const;  // the line at `at` of text()
    void add_original(std::string& out, std::size_t begin, std::size_t end) const;

    std::string shown_;
    std::string text_;
    std::vector<std::size_t> crlf_;  // where in text_ the \n stand that were CR LF
    bool has_mark_ = false, is_utf8_ = true;
};

// The lines of a text without their ends; a last one needs no \n.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace heddle::tools
