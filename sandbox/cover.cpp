// sandbox/cover.cpp: Looks for what the patterns of a policy hide. A hidden path shows nothing, or an empty file.
#include "sandbox/cover.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <set>
#include <span>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/path_glob.h"
#include "sandbox/policy_path.h"
#include "sandbox/printable.h"
#include "sandbox/tree_walk.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr std::size_t entries_max = 1'000'000;  // a second or two; a larger tree has to be told apart by its folders

struct Pattern {
    std::string text;
    PathNames names;
    bool folders_only;  // it ends in a slash
    bool from_root;     // it is absolute
    bool anywhere;      // it meets a name, whatever the folders above are called
    bool has_met = false;
};

bool is_name_anywhere(const std::string& text) {
    const PathNames names = path_names(text);
    return text.front() != '/' && names.size() == 2 && names[0] == "**" && names[1] != "**";
}

bool is_link(const TreeEntry& entry) {
    struct stat found {};
    return ::fstatat(entry.folder, entry.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode);
}

class Finder {
 public:
    explicit Finder(const std::vector<std::string>& patterns) {
        for (const auto& text : patterns)
            patterns_.push_back(
                {text, path_names(text), text.back() == '/', text.front() == '/', is_name_anywhere(text)});
    }

    // Throws Error where a pattern meets the place itself or a folder above it.
    void demand_seen(const fs::path& place);
    void search(const fs::path& place, const Fd& root, bool is_written);
    void look_at_file(const fs::path& place);
    Hidden take();

 private:
    enum class Met { nowhere, here, anywhere };  // by where its folders stand, or wherever they do
    Met meets(const PathNames& absolute, std::size_t root_names, bool is_folder);
    bool leads_below(const PathNames& absolute, std::size_t root_names) const;
    void cover(fs::path place, Cover::Kind kind);
    void hold_folders_above(const fs::path& place, const std::string& below);
    void demand_links_lead_to_hidden() const;

    static std::span<const std::string> seen_by(const Pattern& pattern, const PathNames& absolute, std::size_t root) {
        return std::span(absolute).subspan(pattern.from_root ? 0 : root);
    }

    std::vector<Pattern> patterns_;
    Hidden hidden_;
    std::vector<fs::path> links_, roots_;
    std::set<fs::path> held_;
};

Finder::Met Finder::meets(const PathNames& absolute, std::size_t root_names, bool is_folder) {
    Met met = Met::nowhere;
    for (auto& pattern : patterns_) {
        if (pattern.folders_only && !is_folder) continue;
        if (!glob_matches(pattern.names, seen_by(pattern, absolute, root_names))) continue;
        pattern.has_met = true;
        met = std::max(met, pattern.anywhere ? Met::anywhere : Met::here);
    }
    return met;
}

bool Finder::leads_below(const PathNames& absolute, std::size_t root_names) const {
    return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
        return glob_leads_below(pattern.names, seen_by(pattern, absolute, root_names));
    });
}

void Finder::cover(fs::path place, Cover::Kind kind) {
    if (hidden_.covers.size() >= covers_max)
        throw Error("hide what the policy says: its patterns meet more than " + std::to_string(covers_max) +
                    " paths; hide the folders above them");
    hidden_.covers.push_back({std::move(place), kind});
}

// The outermost first, as they are laid one upon the other.
void Finder::hold_folders_above(const fs::path& place, const std::string& below) {
    fs::path folder = place;
    for (const auto& name : fs::path(below).parent_path()) {
        folder /= name;
        if (held_.insert(folder).second) cover(folder, Cover::Kind::held);
    }
}

void Finder::demand_seen(const fs::path& place) {
    const PathNames names = path_names(place.native());
    for (const auto& pattern : patterns_)
        if (pattern.from_root && glob_covers(pattern.names, names))
            throw Error("hide " + printable(pattern.text) + ": " + printable(place.native()) +
                        " lies there, which the guest works in");
}

void Finder::search(const fs::path& place, const Fd& root, bool is_written) {
    const PathNames above = path_names(place.native());
    roots_.push_back(place);
    if (!leads_below(above, above.size())) return;
    const WalkEnd end = walk_tree(root, entries_max, Closed::refused, [&](const TreeEntry& entry) {
        PathNames names = above;
        for (auto& name : path_names(entry.path)) names.push_back(std::move(name));
        if (const Met met = meets(names, above.size(), entry.is_folder); met != Met::nowhere) {
            if (is_written && met == Met::here) hold_folders_above(place, entry.path);
            if (is_link(entry))
                links_.push_back(place / entry.path);
            else
                cover(place / entry.path, entry.is_folder ? Cover::Kind::empty_folder : Cover::Kind::empty_file);
            return Onward::past;
        }
        return entry.is_folder && leads_below(names, above.size()) ? Onward::into : Onward::past;
    });
    if (end == WalkEnd::too_many)
        throw Error("hide what the policy says in " + printable(place.native()) + ": it holds more than " +
                    std::to_string(entries_max) + " files; write patterns that do not begin with **");
}

void Finder::look_at_file(const fs::path& place) {
    const PathNames names = path_names(place.native());
    if (meets(names, names.size() - 1, false) != Met::nowhere) cover(place, Cover::Kind::empty_file);
}

// Nothing can be laid over a link. It hides nothing by itself where the guest sees what it leads to.
void Finder::demand_links_lead_to_hidden() const {
    for (const auto& link : links_) {
        std::error_code error;
        const fs::path target = fs::canonical(link, error);
        if (error) continue;  // there is nothing to be seen
        const auto holds_target = [&](const fs::path& folder) {
            return path_covers(fs::weakly_canonical(folder, error).native(), target.native());
        };
        if (std::none_of(roots_.begin(), roots_.end(), holds_target)) continue;
        if (std::any_of(hidden_.covers.begin(), hidden_.covers.end(),
                        [&](const auto& cover) { return holds_target(cover.place); }))
            continue;
        throw Error("hide " + printable(link.native()) + ": it is a link to " + printable(target.native()) +
                    ", which the guest sees; hide that");
    }
}

Hidden Finder::take() {
    demand_links_lead_to_hidden();
    for (const auto& pattern : patterns_)
        if (!pattern.has_met) hidden_.unmatched.push_back(pattern.text);
    return std::move(hidden_);
}

// Whether the text holds the path as a word of its own.
bool names(std::string_view text, std::string_view path) {
    const auto ends_word = [&](std::size_t at) {
        return at >= text.size() || std::isalnum(static_cast<unsigned char>(text[at])) == 0;
    };
    for (std::size_t at = text.find(path); at != text.npos; at = text.find(path, at + 1))
        if (ends_word(at - 1) && ends_word(at + path.size())) return true;
    return false;
}

Fd open_share(const Share& share) {
    Fd root(::open(share.source.c_str(), O_PATH | O_CLOEXEC));
    if (!root) throw Error("look through " + printable(share.source.native()) + " for what is hidden", errno);
    return root;
}

}  // namespace

Hidden find_hidden(const Policy& policy, const Fd& workspace, const std::vector<Share>& shares) {
    if (policy.hide.empty()) return {};
    Finder finder(policy.hide);
    finder.demand_seen(policy.workspace);
    finder.search(policy.workspace, workspace, policy.mode == WorkspaceMode::direct);
    for (const auto& share : shares) {
        const Fd root = open_share(share);
        struct stat found {};
        if (::fstat(root.get(), &found) == 0 && S_ISDIR(found.st_mode)) {
            finder.demand_seen(share.place);
            finder.search(share.place, root, share.writable);
        } else {
            finder.look_at_file(share.place);
        }
    }
    return finder.take();
}

bool is_hidden(const std::vector<std::string>& hide, const fs::path& workspace, const fs::path& place) {
    if (hide.empty()) return false;
    const auto meets = [](const std::string& pattern, const fs::path& path) {
        PathNames found = path_names(path.native());
        if (pattern.back() == '/' && !found.empty()) found.pop_back();  // it means folders alone
        return !found.empty() && glob_covers(path_names(pattern), found);
    };
    std::error_code error;
    const fs::path root = fs::canonical(workspace, error);
    const fs::path below = place.lexically_relative(error ? workspace : root);
    return std::ranges::any_of(hide, [&](const std::string& pattern) {
        if (pattern.front() != '/') return meets(pattern, below);
        return meets(pattern, place) || meets(pattern, workspace / below);  // the workspace may be named by a link
    });
}

std::vector<std::string> cover_hints(const std::vector<Cover>& covers, const Policy& policy, const Result& result) {
    if (covers.empty()) return {};
    const std::string said = result.err.total_bytes > 0 ? result.err.text() : result.out.text();  // it may be merged
    const bool is_busy = said.find(std::strerror(EBUSY)) != said.npos;
    std::vector<std::string> lines;
    for (const auto& cover : covers) {
        const fs::path from_workspace = cover.place.lexically_relative(policy.workspace);
        const bool is_below = !from_workspace.empty() && *from_workspace.begin() != "..";
        const std::string& shown = is_below ? from_workspace.native() : cover.place.native();
        if (cover.kind == Cover::Kind::held && !is_busy) continue;
        const bool is_hidden = cover.kind == Cover::Kind::empty_file || cover.kind == Cover::Kind::empty_folder;
        const char* why = is_hidden ? "hidden" : cover.kind == Cover::Kind::held ? "held in its place" : "read only";
        if (names(said, shown))
            lines.push_back(
                fmt::format("{} is {} by policy, not {}", printable(shown), why, is_hidden ? "missing" : "broken"));
    }
    return lines;
}

}  // namespace heddle::sandbox
