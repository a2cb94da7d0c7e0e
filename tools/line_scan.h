// tools/line_scan.h: One pass over a text file that keeps a range of its lines and counts the rest, in bounded memory.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "tools/clip.h"

namespace heddle::tools {

class LineScan {
 public:
    LineScan(std::int64_t first, std::int64_t last);  // 1-based, inclusive; 1 <= first <= last

    // Reads the descriptor from where it stands to its end, a NUL byte, the bound on bytes, or a stop. Returns 0 or the
    // errno of a failed read.
    int run(int descriptor, const std::stop_token& stop);

    bool found_nul() const { return found_nul_; }  // not a text file
    bool cancelled() const { return cancelled_; }
    bool complete() const { return complete_; }    // saw the end
    std::int64_t lines() const { return lines_; }  // so far; a last line needs no newline

    // The lines as "N<TAB>text", then one line in brackets that says which of how many they are, or why there are none.
    std::string text() const;

 private:
    void feed(std::string_view chunk);
    void add_to_line(std::string_view part);
    void end_line(bool with_newline);

    std::int64_t first_, last_;
    std::int64_t lines_ = 0;        // finished ones
    std::string line_;              // the first bytes of the line at hand, if it is in the range
    std::uint64_t line_bytes_ = 0;  // all bytes of the line at hand
    char line_end_ = 0;             // its last byte
    Clip kept_;
    bool found_nul_ = false, cancelled_ = false, complete_ = false;
};

}  // namespace heddle::tools
