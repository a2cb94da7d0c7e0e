// tools/grep_walk.cpp: Each file's lines held against the pattern, from outside the sandbox.
#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "tools/error.h"
#include "tools/grep_search.h"
#include "tools/line_pattern.h"
#include "tools/source_walk.h"

namespace heddle::tools {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds time_max{20};  // whoever has more to search has it done by a command

// Nothing for what cannot be read any more, is too large, or is no text.
std::optional<std::string> text_of(const Workspace& workspace, const std::string& place) {
    try {
        std::string bytes = workspace.read(workspace.find(place), place);
        if (bytes.find('\0') != std::string::npos) return {};
        return bytes;
    } catch (const Error&) {
        return {};
    }
}

template <class IsOver>
void search_text(std::string_view text, const std::string& place, const LinePattern& pattern, GrepReport& report,
                 const IsOver& is_over) {
    std::uint64_t number = 1;
    while (!text.empty() && !is_over()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (pattern.matches(line)) report.add_line(place, number, line);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
    }
}

}  // namespace

void search_by_walk(const Workspace& workspace, const Found& found, const GrepQuery& query, GrepReport& report,
                    const std::stop_token& stop) {
    std::optional<LinePattern> pattern;
    if (!query.pattern.empty()) pattern.emplace(query.pattern, query.ignore_case);
    SourceFiles files;
    if (found.is_folder())
        files = source_files(workspace, found, stop);
    else
        files.places.push_back(found.place);
    if (!files.is_all) report.say_incomplete("there are more files than could be looked at; name a folder");

    const auto deadline = Clock::now() + time_max;
    bool is_late = false;
    const auto is_over = [&] {
        is_late = Clock::now() > deadline;
        return is_late || report.has_more() || stop.stop_requested();
    };
    for (const auto& place : files.places) {
        if (is_over()) break;
        if (!query.wants(place)) continue;
        if (!pattern) {
            report.add_name(place);
            continue;
        }
        const auto text = text_of(workspace, place);
        if (text) search_text(*text, place, *pattern, report, is_over);
    }
    if (is_late) report.say_incomplete(fmt::format("stopped after {} s; name a folder or a glob", time_max.count()));
}

}  // namespace heddle::tools
