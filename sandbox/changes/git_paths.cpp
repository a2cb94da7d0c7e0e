// sandbox/changes/git_paths.cpp: Reads a path below `.git` as git's repository layout (gitrepository-layout(5)).
#include "sandbox/changes/git_paths.h"

#include <algorithm>
#include <string_view>

namespace heddle::sandbox::changes {

namespace {

using Names = std::span<const std::string>;

bool is_configuration(const std::string& name) {
    return name == "config" || name == "config.worktree";
}

// `names` are what follows a repository's folder.
std::string reason_in_repository(Names names) {
    const std::string& first = names[0];
    const std::string second = names.size() > 1 ? names[1] : "";
    if (first == "hooks") return "git hook";
    if (is_configuration(first)) return "git configuration";
    // Where configuration and hooks are read from instead.
    if (first == "commondir" || first == "gitdir") return "git pointer to another repository";
    // Attributes that no diff and no status shows: they can hide files from review and choose filters of the user's.
    // (.gitattributes in the tree can do as much, but is seen.)
    if (first == "info" && second == "attributes") return "git attributes";
    // Objects read from a folder outside the workspace.
    if (first == "objects" && second == "info" && names.size() > 2 && names[2].find("alternates") != std::string::npos)
        return "git pointer to other objects";
    // A rebase that waits holds a list of commands, `exec` among them.
    if (first == "rebase-merge" || first == "rebase-apply") return "git rebase in progress";
    // Remotes of old: where a push goes.
    if ((first == "remotes" || first == "branches") && !second.empty()) return "git configuration";
    if (first == "worktrees" && names.size() > 2) return reason_in_repository(names.subspan(2));
    if (first == "modules") {
        // A submodule's name is a path of any length, so where its repository begins cannot be told: a branch of a
        // submodule that is named "hooks" or "config" is refused too.
        for (const auto& name : names.subspan(1)) {
            if (name == "hooks") return "git hook";
            if (is_configuration(name)) return "git configuration";
            if (name == "commondir" || name == "gitdir") return "git pointer to another repository";
            if (name == "alternates" || name == "http-alternates") return "git pointer to other objects";
            if (name == "rebase-merge" || name == "rebase-apply") return "git rebase in progress";
        }
    }
    return "";
}

}  // namespace

std::string git_reason(Names names, const Change& change) {
    for (std::size_t at = 0; at < names.size(); ++at) {
        if (names[at] != ".git") continue;
        if (at + 1 < names.size()) {
            std::string reason = reason_in_repository(names.subspan(at + 1));
            if (!reason.empty()) return reason;
            continue;
        }
        if (change.kind == Change::Kind::deleted) return "git repository deleted";
        if (change.kind == Change::Kind::type_changed) return "git repository replaced";
        if (change.type != Change::Type::folder) return "git pointer to another repository";
    }
    return "";
}

bool makes_a_repository(const std::string& name) {
    constexpr std::string_view all[] = {"head", "objects", "refs", "config", "config.worktree", "commondir", "hooks"};
    return std::find(std::begin(all), std::end(all), name) != std::end(all);
}

}  // namespace heddle::sandbox::changes
