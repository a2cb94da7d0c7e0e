// tools/grep_report.h: Lines that were found, as text for the model: the same whoever found them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/tool.h"

namespace heddle::tools {

class GrepReport {
 public:
    static constexpr std::size_t found_max = 200;  // lines or names: some 4k tokens

    bool has_more() const { return has_more_; }  // than it can show: nothing further is wanted
    // Each takes a place from the workspace's root; lines of one file come one after the other.
    void add_line(const std::string& place, std::uint64_t number, std::string_view line);
    void add_name(const std::string& place);
    void say_incomplete(std::string why);  // not all was looked at

    ToolResult result() const;

 private:
    bool take();

    std::string text_, last_place_, incomplete_;
    std::size_t found_ = 0, files_ = 0;
    bool is_lines_ = false, has_more_ = false;
};

}  // namespace heddle::tools
