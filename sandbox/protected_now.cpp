// sandbox/protected_now.cpp: Asks of each path of the workspace what commit would say if a guest had changed it.
#include "sandbox/protected_now.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/error.h"
#include "sandbox/printable.h"
#include "sandbox/tree_walk.h"

namespace heddle::sandbox {

namespace {

constexpr std::size_t entries_max = 1'000'000;

std::vector<std::string> without_default(std::vector<std::string> globs) {
    globs.erase(std::remove(globs.begin(), globs.end(), "default"), globs.end());
    return globs;
}

bool holds_default(const std::vector<std::string>& globs) {
    return std::find(globs.begin(), globs.end(), "default") != globs.end();
}

// As a change that a guest could make. A repository is not one thing: git works in it.
changes::Change change_of(const TreeEntry& entry) {
    using changes::Change;
    Change change;
    change.path = entry.path;
    const bool is_repository = entry.is_folder && changes::folded(entry.name) == ".git";
    change.kind = entry.is_folder && !is_repository ? Change::Kind::type_changed : Change::Kind::mode_changed;
    change.type = entry.is_folder ? Change::Type::folder : Change::Type::file;
    return change;
}

}  // namespace

ProtectedNow::ProtectedNow(const Policy& policy, const Fd& workspace)
    : workspace_(::fcntl(workspace.get(), F_DUPFD_CLOEXEC, 0)),
      paths_(without_default(policy.protect)),
      with_default_(holds_default(policy.protect)) {
    if (!workspace_) throw Error("hold the workspace", errno);
    known_->paths = look();
}

ProtectedNow::ProtectedNow(const Policy& policy, const Fd& workspace, std::size_t covers)
    : ProtectedNow(policy, workspace) {
    for (const auto& [path, found] : known_->paths)
        if (!found.is_link) covers_.push_back({policy.workspace / path, Cover::Kind::read_only});
    if (covers + covers_.size() > covers_max)
        throw Error(
            fmt::format("protect the workspace {}: it has more than {} protected paths; use mode cow, where "
                        "they are kept at commit",
                        printable(policy.workspace.native()), covers_max));
}

std::vector<std::string> ProtectedNow::paths_in(const Policy& policy, const Fd& workspace) {
    std::vector<std::string> paths;
    const ProtectedNow now(policy, workspace);
    for (const auto& [path, found] : now.known_->paths) paths.push_back(path);
    return paths;
}

std::map<std::string, ProtectedNow::Found> ProtectedNow::look() const {
    std::map<std::string, Found> all;
    const WalkEnd end = walk_tree(workspace_, entries_max, Closed::refused, [&](const TreeEntry& entry) {
        const changes::Change change = change_of(entry);
        const std::string reason = with_default_ ? paths_.reason(change) : paths_.reason_of_policy(change);
        if (reason.empty()) return Onward::into;
        struct stat found {};
        if (::fstatat(entry.folder, entry.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) return Onward::past;
        all[entry.path] = {reason, {found.st_dev, found.st_ino}, S_ISLNK(found.st_mode)};
        return Onward::past;
    });
    if (end == WalkEnd::too_many)
        throw Error(
            fmt::format("look for protected paths in the workspace: it holds more than {} files; use mode cow, "
                        "where they are kept at commit",
                        entries_max));
    return all;
}

std::vector<std::string> ProtectedNow::news() const {
    std::vector<std::string> lines;
    std::map<std::string, Found> now;
    try {
        now = look();
    } catch (const Error& error) {
        return {std::string("not known what came to protected paths: ") + error.what()};
    }
    const std::lock_guard lock(known_->mutex);
    for (const auto& [path, found] : now) {
        const auto was = known_->paths.find(path);
        if (was == known_->paths.end())
            lines.push_back(fmt::format("{} is new, and protected: {}", printable(path), found.reason));
        else if (was->second != found)
            lines.push_back(fmt::format("{} was replaced, and is protected: {}", printable(path), found.reason));
        known_->paths[path] = found;
    }
    return lines;
}

}  // namespace heddle::sandbox
