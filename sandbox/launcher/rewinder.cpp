// sandbox/launcher/rewinder.cpp: Layers brought back into the view for as long as an overlay of them is mounted.
#include "sandbox/launcher/rewinder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "sandbox/changes/snapshot.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/new_root.h"
#include "sandbox/launcher/places.h"
#include "sandbox/launcher/setup_error.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// A folder that every view has. While nothing of the guest runs, nobody sees what is laid over it.
constexpr const char* workshop = "/run";

std::string kept(unsigned snapshot) {
    return fmt::format("kept-{}", snapshot);
}

Fd make_and_open(const Fd& memory, const std::string& name) {
    if (::mkdirat(memory.get(), name.c_str(), 0700) != 0) throw Error("make a folder for a snapshot", errno);
    return changes::open_folder(memory.get(), name);
}

// As far as it is there.
void remove(const Fd& memory, const std::string& name) {
    if (const Fd folder = changes::open_folder(memory.get(), name)) changes::remove_content(folder.get());
    ::unlinkat(memory.get(), name.c_str(), AT_REMOVEDIR);
}

// With the root's own owner and mode, as the overlay's is what it shows.
void copy_layer(const Fd& from, const Fd& to) {
    changes::snapshot(from, to);
    struct stat root {};
    check(::fstat(from.get(), &root), Step::workspace, "look at the changes");
    if (::fchown(to.get(), root.st_uid, root.st_gid) != 0 || ::fchmod(to.get(), root.st_mode & 07777) != 0)
        throw SetupError(Step::workspace, "give the copy of the changes its owner and mode", errno);
}

// The changes have nothing there, a link or a file on the way, or the way is covered already.
bool is_elsewhere(int error) {
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

void enter(const char* folder) {
    check(::chdir(folder), Step::workspace, "enter the layers of the workspace");
}

}  // namespace

void Rewinder::keep(unsigned snapshot) const {
    const Fd to = make_and_open(overlay_.memory, kept(snapshot));
    try {
        copy_layer(overlay_.changes, to);
    } catch (...) {
        remove(overlay_.memory, kept(snapshot));
        throw;
    }
}

void Rewinder::prepare(unsigned snapshot) {
    const std::string next = upper_layer(".", layer_ + 1).changes;
    remove(overlay_.memory, next);  // of an attempt that was given up
    if (snapshot == 0) return;
    const Fd from = changes::open_folder(overlay_.memory.get(), kept(snapshot));
    if (!from) throw Error(fmt::format("go back to snapshot {}: there is none of this number", snapshot));
    const Fd to = make_and_open(overlay_.memory, next);
    try {
        copy_layer(from, to);
    } catch (...) {
        remove(overlay_.memory, next);
        throw;
    }
}

// First, for what comes may need its space; and the overlay before its layers, of which it holds what it has shown.
void Rewinder::remove_old() {
    check(::fchdir(overlay_.merged.get()), Step::workspace, "enter the workspace's layers");
    check(::umount2(".", MNT_DETACH), Step::workspace, "let go of the workspace's layers");
    enter("/");
    overlay_.merged.reset();
    const UpperLayer old = upper_layer(".", layer_);
    for (const std::string& name : {old.changes, old.work}) remove(overlay_.memory, name);
}

// What a pattern hides is the host's: where the changes have something else in its place, or nothing, it is not seen.
void Rewinder::lay_covers(const std::vector<Cover>& covers, const Fd& merged) const {
    make_folder("nothing-folder");
    if (::access("nothing", F_OK) != 0) make_empty_file("nothing");
    for (const Cover& cover : covers) {
        const std::string below = cover.place.lexically_relative(workspace_).native();
        const Fd place = changes::open_beneath(merged.get(), below, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (!place && is_elsewhere(errno)) continue;
        struct stat found {};
        check(place ? ::fstat(place.get(), &found) : -1, Step::workspace, "find what is hidden in the workspace");
        const bool is_folder = cover.kind == Cover::Kind::empty_folder;
        if (S_ISDIR(found.st_mode) != is_folder) continue;
        const unsigned flags = read_only | no_suid | no_devices | no_exec;
        attach_at(clone_tree(AT_FDCWD, is_folder ? "nothing-folder" : "nothing", flags), place, cover.place.native());
    }
}

void Rewinder::go_back(const std::vector<Cover>& covers) {
    remove_old();
    const UpperLayer next = upper_layer(".", ++layer_);
    const int to_workshop = ::move_mount(overlay_.memory.get(), "", AT_FDCWD, workshop, MOVE_MOUNT_F_EMPTY_PATH);
    check(to_workshop, Step::workspace, "bring back the layers of the workspace");
    enter(workshop);
    for (const char* folder : {"lower", "merged"}) make_folder(folder);
    attach(overlay_.lower, "lower");
    if (::access(next.changes.c_str(), F_OK) != 0) make_changes(next.changes, "lower");
    mount_overlay("lower", next, "merged");
    Fd merged(::open_tree(AT_FDCWD, "merged", OPEN_TREE_CLOEXEC));
    check(merged.get(), Step::workspace, "take hold of the workspace's layers");
    lay_covers(covers, merged);
    overlay_.lower = copy_tree(AT_FDCWD, "lower");
    overlay_.memory = copy_mount(AT_FDCWD, ".");
    overlay_.changes = changes::open_folder(AT_FDCWD, next.changes);
    check(overlay_.changes.get(), Step::workspace, "open the workspace's changes");
    attach_at(merged, overlay_.place, "the workspace");
    overlay_.merged = std::move(merged);
    enter("/");
    check(::umount2(workshop, MNT_DETACH), Step::workspace, "let go of the layers of the workspace");
}

}  // namespace heddle::sandbox
