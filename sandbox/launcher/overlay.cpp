// sandbox/launcher/overlay.cpp: Scaffolding for the layers, the overlay on it, and the scaffolding gone again.
#include "sandbox/launcher/overlay.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/places.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

void make_folder(const char* path) {
    check(::mkdir(path, 0755), Step::workspace, "make a folder for the workspace's layers");
}

void remove_scaffold(const char* path) {
    check(::umount2(path, MNT_DETACH), Step::workspace, "detach a layer of the workspace");
    check(::rmdir(path), Step::workspace, "remove a folder of the workspace's layers");
}

}  // namespace

Fd attach_overlay(const Fd& lower, const Fd& place, std::uint64_t bytes, std::uint64_t files) {
    for (const char* folder : {"layers", "layers/lower", "layers/upper", "layers/merged"}) make_folder(folder);
    attach(lower, "layers/lower");
    mount_new("tmpfs", "layers/upper", no_suid | no_devices,
              fmt::format("mode=0755,size={},nr_inodes={}", bytes, files));
    make_folder("layers/upper/changes");
    make_folder("layers/upper/work");
    struct stat root {};  // the overlay's root looks like the upper folder, which must look like the host's
    check(::stat("layers/lower", &root), Step::workspace, "look at the workspace");
    // An id that has no place in the guest's namespace, as a user's folder of another group, cannot be given: the copy
    // is the user's own there, and what comes of it on the host is for the commit to say.
    for (const auto& [uid, gid] : {std::pair{root.st_uid, gid_t(-1)}, std::pair{uid_t(-1), root.st_gid}})
        if (::chown("layers/upper/changes", uid, gid) != 0 && errno != EINVAL)
            throw SetupError(Step::workspace, "give the workspace its owner", errno);
    check(::chmod("layers/upper/changes", root.st_mode & 07777), Step::workspace, "give the workspace its mode");
    // In a user namespace the overlay keeps its notes as user.overlay.*; it renames no folder and copies data with
    // names.
    mount_new("overlay", "layers/merged", no_suid | no_devices,
              "lowerdir=layers/lower,upperdir=layers/upper/changes,workdir=layers/upper/work,userxattr");
    Fd changes(::open("layers/upper/changes", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!changes) throw SetupError(Step::workspace, "open the workspace's changes", errno);
    const Fd merged(::open_tree(AT_FDCWD, "layers/merged", OPEN_TREE_CLOEXEC));
    check(merged.get(), Step::workspace, "take hold of the workspace's layers");
    attach_at(merged, place, "the workspace");
    check(::rmdir("layers/merged"), Step::workspace, "remove a folder of the workspace's layers");
    remove_scaffold("layers/upper");
    remove_scaffold("layers/lower");
    check(::rmdir("layers"), Step::workspace, "remove a folder of the workspace's layers");
    return changes;
}

}  // namespace heddle::sandbox
