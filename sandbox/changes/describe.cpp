// sandbox/changes/describe.cpp: Writes changes as lines that hostile names cannot forge.
#include "sandbox/changes/describe.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sandbox/changes/tree.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Kind = Change::Kind;

struct Line {
    const Change* change;
    std::size_t with_it = 0;  // deletions below a deleted folder
};

bool goes_whole(const Change& change) {
    return change.kind == Kind::deleted && change.was_folder && change.refusal.empty();
}

std::vector<Line> lines_of(std::span<const Change> changes) {
    std::vector<Line> lines;
    std::unordered_map<std::string_view, std::size_t> whole;  // deleted folders, and all in them, to their line
    for (const auto& change : changes) {
        const auto folder = whole.find(parent_of(change.path));
        if (change.kind == Kind::deleted && change.refusal.empty() && folder != whole.end()) {
            ++lines[folder->second].with_it;
            if (change.was_folder) whole.emplace(change.path, std::size_t{folder->second});
            continue;
        }
        if (goes_whole(change)) whole.emplace(change.path, lines.size());
        lines.push_back({&change});
    }
    std::vector<Line> refused_first;
    for (const bool refused : {true, false})
        for (const Line& line : lines)
            if (line.change->refusal.empty() != refused) refused_first.push_back(line);
    return refused_first;
}

std::string text_of(const Line& line) {
    const Change& change = *line.change;
    const bool folder = change.type == Change::Type::folder;
    const std::string path = printable(folder ? change.path + "/" : change.path);
    if (!change.refusal.empty()) return fmt::format("! {} ({})\n", path, change.refusal);
    switch (change.kind) {
        case Kind::added:
            return fmt::format("A {}\n", path);
        case Kind::modified:
            return fmt::format("M {}\n", path);
        case Kind::type_changed:
            return fmt::format("T {}\n", path);
        case Kind::mode_changed:
            return fmt::format("M {} (mode {:o} -> {:o})\n", path, change.old_mode, change.mode);
        case Kind::deleted:
            break;
    }
    return line.with_it == 0 ? fmt::format("D {}\n", path) : fmt::format("D {} (and {} in it)\n", path, line.with_it);
}

}  // namespace

std::string describe(std::span<const Change> changes, std::size_t lines_max) {
    const std::vector<Line> lines = lines_of(changes);
    std::string text;
    for (std::size_t at = 0; at < std::min(lines.size(), lines_max); ++at) text += text_of(lines[at]);
    if (lines.size() > lines_max) text += fmt::format("... and {} more\n", lines.size() - lines_max);
    return text;
}

}  // namespace heddle::sandbox::changes
