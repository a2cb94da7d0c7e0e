// tools/grep_report.cpp: path:line:text, and how many there are.
#include "tools/grep_report.h"

#include <fmt/format.h>

#include <utility>

#include "tools/clip.h"

namespace heddle::tools {

namespace {

constexpr std::size_t line_bytes_max = 250, name_bytes_max = 300;

}  // namespace

bool GrepReport::take() {
    has_more_ = has_more_ || found_ >= found_max;
    found_ += !has_more_;
    return !has_more_;
}

void GrepReport::add_line(const std::string& place, std::uint64_t number, std::string_view line) {
    if (!take()) return;
    is_lines_ = true;
    files_ += files_ == 0 || place != last_place_;
    last_place_ = place;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view part = prefix_of(line, line_bytes_max);
    text_ += fmt::format("{}:{}:{}", one_line(place, name_bytes_max), number, readable(part));
    text_ += part.size() < line.size() ? fmt::format(" [... {} bytes]\n", line.size() - part.size()) : "\n";
}

void GrepReport::add_name(const std::string& place) {
    if (take()) text_ += one_line(place, name_bytes_max) + "\n";
}

void GrepReport::say_incomplete(std::string why) {
    incomplete_ = std::move(why);
}

ToolResult GrepReport::result() const {
    ToolResult result;
    const auto plural = [](std::size_t count, const char* word) {
        return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
    };
    const std::string found =
        is_lines_ ? plural(found_, "line") + " in " + plural(files_, "file") : plural(found_, "file");
    std::string end = found_ == 0 ? "nothing found; what .gitignore names is not searched"
                      : has_more_ ? "the first " + found + "; there is more"
                                  : found;
    if (!incomplete_.empty()) end += "; " + incomplete_;
    result.text = fmt::format("{}[{}]", text_, end);
    result.details = {{"found", found_}, {"more", has_more_}};
    return result;
}

}  // namespace heddle::tools
