// sandbox/launcher/shares.cpp: Opens by a path without links, and mounts only what was checked before.
#include "sandbox/launcher/shares.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/policy_path.h"

namespace heddle::sandbox {

namespace {

Fd open_source(const Share& share, struct stat& found) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_SYMLINKS;
    Fd source(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, share.source.c_str(), &how, sizeof how)));
    const std::string doing = "share " + share.source.native() + " with the guest";
    if (!source || ::fstat(source.get(), &found) != 0) throw SetupError(Step::mounts, doing, errno);
    if (found.st_dev != share.device || found.st_ino != share.inode)
        throw SetupError(Step::mounts, doing + ": it was replaced meanwhile", ESTALE);
    return source;
}

// An empty file of the new root, which goes when all that shows it is laid.
constexpr const char* nothing = "nothing";

void make_nothing() {
    const Fd file(::open(nothing, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    check(file.get(), Step::mounts, "make an empty file");
}

Fd tree_of(const Cover& cover, const Fd& place) {
    constexpr unsigned flags = read_only | no_suid | no_devices;
    switch (cover.kind) {
        case Cover::Kind::read_only:
            return clone_tree(place.get(), "", flags);
        case Cover::Kind::held:  // nobody renames what something is mounted on
            return clone_tree(place.get(), "", no_suid | no_devices);
        case Cover::Kind::empty_folder:
            return clone_tree(AT_FDCWD, "run", flags | no_exec);
        case Cover::Kind::empty_file:
            return clone_tree(AT_FDCWD, nothing, flags | no_exec);
    }
    return {};
}

}  // namespace

Fd find_source(const Share& share) {
    struct stat found {};
    return open_source(share, found);
}

Fd open_share(const Share& share, Identities* identities) {
    struct stat found {};
    const Fd source = open_source(share, found);
    Fd tree = clone_tree(source.get(), "", no_suid | no_devices | (share.writable ? 0 : read_only));
    if (identities != nullptr)
        map_owners(tree, identities->workspace_owner(found.st_uid, found.st_gid), share.source.native());
    return tree;
}

std::vector<Fd> open_trees(const Opening& opening, const Fd& workspace) {
    std::vector<Fd> trees;
    trees.push_back(clone_tree(AT_FDCWD, opening.workspace_source.native(), workspace_flags(opening.policy.mode)));
    struct stat expected {
    }, found{};
    if (::fstat(workspace.get(), &expected) != 0 || ::fstat(trees[0].get(), &found) != 0)
        throw SetupError(Step::workspace, "look at the workspace", errno);
    if (expected.st_dev != found.st_dev || expected.st_ino != found.st_ino)
        throw SetupError(Step::workspace, "mount the workspace: it was replaced meanwhile", ESTALE);
    for (const Share& share : opening.shares) trees.push_back(open_share(share, nullptr));
    return trees;
}

// The shares first: one may hold the workspace, which then lies on it.
Overlay attach_trees(const Opening& opening, const std::vector<Fd>& trees, HomeOwner owner, const Fd& earlier) {
    for (std::size_t at = 0; at < opening.shares.size(); ++at) {
        const Fd& tree = trees[at + 1];
        struct stat found {};
        check(::fstat(tree.get(), &found), Step::mounts, "look at a share");
        const std::string& path = opening.shares[at].place.native();
        attach_at(tree, make_place(path, S_ISDIR(found.st_mode), owner), path);
    }
    const Policy& policy = opening.policy;
    Fd place = make_place(policy.workspace.native(), true, owner);
    if (keeps_apart(policy.mode))
        return attach_overlay(trees[0], std::move(place), {policy.limits.disk_bytes, policy.limits.disk_files}, earlier,
                              opening.goes_on);
    attach_at(trees[0], place, policy.workspace.native());
    return {};
}

std::string base_of(const Cover& cover, const Opening& opening) {
    std::string base = path_covers(opening.policy.workspace.native(), cover.place.native())
                           ? opening.policy.workspace.native()
                           : std::string("/");
    for (const Share& share : opening.shares)
        if (share.place.native().size() > base.size() && path_covers(share.place.native(), cover.place.native()))
            base = share.place.native();
    return base;
}

void lay_covers(const Opening& opening) {
    if (opening.covers.empty()) return;
    make_nothing();
    for (const Cover& cover : opening.covers) {
        const Fd place = find_place(base_of(cover, opening), cover.place.native());
        attach_at(tree_of(cover, place), place, cover.place.native());
    }
    check(::unlink(nothing), Step::mounts, "remove an empty file");
}

}  // namespace heddle::sandbox
