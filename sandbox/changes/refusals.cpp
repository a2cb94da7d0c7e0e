// sandbox/changes/refusals.cpp: Judges links, and keeps refused parts from tearing folders apart.
#include "sandbox/changes/refusals.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "sandbox/changes/tree.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

std::string leaves_tree(std::string_view path, std::string_view target) {
    if (target.substr(0, 1) == "/") return "link to the absolute path " + printable(target);
    auto depth = std::count(path.begin(), path.end(), '/');
    bool named = false;
    for (std::string_view rest = target; !rest.empty();) {
        const std::string_view name = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(name.size() + 1, rest.size()));
        if (name == "..") {
            if (named) return "link whose target climbs behind a name: " + printable(target);
            if (--depth < 0) return "link that leaves the workspace: " + printable(target);
        } else if (!name.empty() && name != ".") {
            named = true;
        }
    }
    return "";
}

void carry_refusals(std::span<Change> changes) {
    using Kind = Change::Kind;
    std::unordered_map<std::string_view, Change*> by_path;
    for (auto& change : changes) by_path.emplace(change.path, &change);
    const auto folder_of = [&](const Change& change) -> Change* {
        const auto found = by_path.find(parent_of(change.path));
        return found == by_path.end() ? nullptr : found->second;
    };

    std::unordered_set<const Change*> held_by_content;
    // From the leaves up: a folder cannot go while something in it stays.
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        if (change->refusal.empty() || change->kind != Kind::deleted) continue;
        Change* folder = folder_of(*change);
        if (folder == nullptr || !folder->was_folder || !folder->refusal.empty()) continue;
        folder->refusal = "holds what stays: " + printable(change->path);
        folder->carried = true;
        held_by_content.insert(folder);
    }
    // From the root down: nothing is put into, or taken out for, a folder that is not taken. `rm -r .git` takes nothing
    // out of a repository that stays; `rm -r .vscode` takes all but what is protected.
    const auto all_below_stays = [&](const Change& folder) {
        if (folder.refusal.empty() || folder.kind == Kind::mode_changed) return false;
        return folder.kind == Kind::deleted ? held_by_content.count(&folder) == 0 : true;
    };
    for (auto& change : changes) {
        for (auto above = parent_of(change.path); !above.empty() && change.refusal.empty(); above = parent_of(above)) {
            const auto folder = by_path.find(above);
            if (folder == by_path.end() || !all_below_stays(*folder->second)) continue;
            change.refusal = "its folder is not taken: " + printable(above);
            change.carried = true;
        }
    }
}

}  // namespace heddle::sandbox::changes
