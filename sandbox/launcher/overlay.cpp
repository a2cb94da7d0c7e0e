// sandbox/launcher/overlay.cpp: Layers on the scaffold, and the overlay of them taken from there.
#include "sandbox/launcher/overlay.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/changes/snapshot.h"
#include "sandbox/error.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/new_root.h"
#include "sandbox/launcher/places.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

// In the guest's own memory, which lies on the scaffold; its folders show only parts of that.
std::string layer(const char* name) {
    return std::string(scaffold) + "/" + name;
}

// The new root grows over the host's /proc, and the guest's own is in it: while this lives, /proc is that one.
class ProcInPlace {
 public:
    ProcInPlace() { attach(clone_tree(AT_FDCWD, "proc", no_suid | no_devices | no_exec), "/proc"); }
    ~ProcInPlace() { ::umount2("/proc", MNT_DETACH); }
    ProcInPlace(const ProcInPlace&) = delete;
    ProcInPlace& operator=(const ProcInPlace&) = delete;
};

// Here, as root of the guest's ids, and before there is an overlay that would not expect it.
void bring_back(const Fd& earlier, const Fd& to) {
    const ProcInPlace proc;  // descriptors are reached through it
    try {
        changes::snapshot(earlier, to);
    } catch (const Error& error) {
        throw SetupError(Step::workspace, "bring back what was written before", error.what());
    }
}

}  // namespace

Fd attach_overlay(const Fd& lower, const Fd& place, const OverlaySize& size, const Fd& earlier) {
    const std::string lower_path = layer("lower"), memory = layer("upper"), merged_path = layer("merged");
    const std::string changed = memory + "/changes", work = memory + "/work";
    for (const auto& folder : {lower_path, memory, merged_path}) make_folder(folder);
    attach(lower, lower_path);
    mount_new("tmpfs", memory, no_suid | no_devices,
              fmt::format("mode=0755,size={},nr_inodes={}", size.bytes, size.files));
    make_folder(changed);
    make_folder(work);
    struct stat root {};  // the overlay's root looks like the upper folder, which must look like the host's
    check(::stat(lower_path.c_str(), &root), Step::workspace, "look at the workspace");
    // An id that has no place in the guest's namespace, as a user's folder of another group, cannot be given: the copy
    // is the user's own there, and what comes of it on the host is for the commit to say.
    for (const auto& [uid, gid] : {std::pair{root.st_uid, gid_t(-1)}, std::pair{uid_t(-1), root.st_gid}})
        if (::chown(changed.c_str(), uid, gid) != 0 && errno != EINVAL)
            throw SetupError(Step::workspace, "give the workspace its owner", errno);
    check(::chmod(changed.c_str(), root.st_mode & 07777), Step::workspace, "give the workspace its mode");
    Fd changes(::open(changed.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!changes) throw SetupError(Step::workspace, "open the workspace's changes", errno);
    if (earlier) bring_back(earlier, changes);
    // In a user namespace the overlay keeps its notes as user.overlay.*; it renames no folder and copies data with
    // names.
    mount_new("overlay", merged_path, no_suid | no_devices,
              fmt::format("lowerdir={},upperdir={},workdir={},userxattr", lower_path, changed, work));
    const Fd merged(::open_tree(AT_FDCWD, merged_path.c_str(), OPEN_TREE_CLOEXEC));
    check(merged.get(), Step::workspace, "take hold of the workspace's layers");
    attach_at(merged, place, "the workspace");
    return changes;
}

}  // namespace heddle::sandbox
