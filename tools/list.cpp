// tools/list.cpp: A bounded walk, sorted as a tree.
#include "tools/list.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/tree_walk.h"
#include "tools/clip.h"
#include "tools/error.h"
#include "tools/source_walk.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

namespace {

constexpr std::size_t entries_max = 100'000;  // that are looked at: a tenth of a second
constexpr std::size_t shown_max = 500;        // some 4k tokens of names
constexpr int depth_max = 8;
constexpr std::size_t name_bytes_max = 300;

struct Entry {
    std::string path;  // from the listed folder
    std::string line;
};

std::string line_of(const sandbox::TreeEntry& entry) {
    const std::string shown = one_line(entry.path, name_bytes_max);
    Stat status{};
    if (::fstatat(entry.folder, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return "";  // gone
    if (S_ISDIR(status.st_mode)) return shown + "/";
    if (S_ISREG(status.st_mode)) return fmt::format("{}  {}", shown, status.st_size);
    if (!S_ISLNK(status.st_mode)) return shown + "  not a file";
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(entry.folder, entry.name.c_str(), target, sizeof target);
    return fmt::format("{} -> {}", shown,
                       one_line({target, static_cast<std::size_t>(std::max<ssize_t>(size, 0))}, name_bytes_max));
}

}  // namespace

List::List()
    : Tool(tool_spec("list", {{"path", {{"type", "string"}}},
                              {"depth", {{"type", "integer"}, {"minimum", 1}, {"maximum", depth_max}}}})) {}

ToolResult List::run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    const std::string path = arguments.value("path", std::string("."));
    const auto depth = arguments.value("depth", 1);
    const Workspace workspace(context.bench.policy(), context.bench.folder());
    const Found folder = workspace.find_folder(path);
    const std::string above = folder.place == "." ? "" : folder.place + "/";

    std::vector<Entry> entries;
    bool is_all = false;
    try {
        const auto end = sandbox::walk_tree(
            folder.handle, entries_max, sandbox::Closed::passed_by, [&](const sandbox::TreeEntry& entry) {
                if (stop.stop_requested()) return sandbox::Onward::stop;
                if (workspace.hides(above + entry.path, entry.is_folder)) return sandbox::Onward::past;
                std::string line = line_of(entry);
                if (!line.empty()) entries.push_back({entry.path, std::move(line)});
                // What git keeps is no part of the work.
                const auto level = std::ranges::count(entry.path, '/') + 1;
                return level < depth && entry.name != ".git" ? sandbox::Onward::into : sandbox::Onward::past;
            });
        is_all = end == sandbox::WalkEnd::all;
    } catch (const sandbox::Error& error) {
        throw Error(error.what());  // of a folder in the tree; the workspace itself is there
    }
    ToolResult result;
    if (stop.stop_requested()) {
        result.text = "[cancelled]";
        result.ok = false;
        return result;
    }
    std::ranges::sort(entries, in_order_of_tree, &Entry::path);
    for (std::size_t i = 0; i < std::min(entries.size(), shown_max); ++i) result.text += entries[i].line + "\n";
    if (!is_all)
        result.text += fmt::format("[the first {} of more than {} entries; list a folder below]",
                                   std::min(entries.size(), shown_max), entries_max);
    else if (entries.size() > shown_max)
        result.text += fmt::format("[the first {} of {} entries; list a folder below, or with less depth]", shown_max,
                                   entries.size());
    else
        result.text += fmt::format("[{} {} in {}]", entries.size(), entries.size() == 1 ? "entry" : "entries",
                                   Workspace::shown(path));
    result.details = {{"entries", entries.size()}};
    return result;
}

CallSubject List::subject(const prompts::Json& arguments, const ToolContext& context) const {
    return {{}, {Workspace::named(arguments.value("path", std::string(".")), context.bench.policy().workspace)}};
}

}  // namespace heddle::tools
