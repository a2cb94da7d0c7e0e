// tools/line_pattern.h: A regular expression over single lines that ends in bounded time, whatever it says.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace heddle::tools {

class LinePattern {
 public:
    // Throws Error for what is no regular expression, with the place.
    LinePattern(const std::string& expression, bool ignore_case);
    ~LinePattern();
    LinePattern(const LinePattern&) = delete;
    LinePattern& operator=(const LinePattern&) = delete;

    // Bytes that are no UTF-8 match nothing. Throws Error where it would take too long.
    bool matches(std::string_view line) const;

 private:
    struct Compiled;
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace heddle::tools
