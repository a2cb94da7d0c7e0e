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
std::string on_scaffold(const char* name) {
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

UpperLayer upper_layer(const std::string& memory, unsigned number) {
    return {fmt::format("{}/changes-{}", memory, number), fmt::format("{}/work-{}", memory, number)};
}

void make_changes(const std::string& path, const std::string& lower) {
    make_folder(path);
    struct stat root {};  // the overlay's root looks like the upper folder, which must look like the host's
    check(::stat(lower.c_str(), &root), Step::workspace, "look at the workspace");
    // An id that has no place in the guest's namespace, as a user's folder of another group, cannot be given: the copy
    // is the user's own there, and what comes of it on the host is for the commit to say.
    for (const auto& [uid, gid] : {std::pair{root.st_uid, gid_t(-1)}, std::pair{uid_t(-1), root.st_gid}})
        if (::chown(path.c_str(), uid, gid) != 0 && errno != EINVAL)
            throw SetupError(Step::workspace, "give the workspace its owner", errno);
    check(::chmod(path.c_str(), root.st_mode & 07777), Step::workspace, "give the workspace its mode");
}

// In a user namespace the overlay keeps its notes as user.overlay.*; it renames no folder and copies data with names.
void mount_overlay(const std::string& lower, const UpperLayer& layer, const std::string& merged) {
    make_folder(layer.work);
    mount_new("overlay", merged, no_suid | no_devices,
              fmt::format("lowerdir={},upperdir={},workdir={},userxattr", lower, layer.changes, layer.work));
}

Overlay attach_overlay(const Fd& lower, Fd place, const OverlaySize& size, const Fd& earlier, bool can_return) {
    const std::string lower_path = on_scaffold("lower"), memory = on_scaffold("upper"),
                      merged_path = on_scaffold("merged");
    for (const auto& folder : {lower_path, memory, merged_path}) make_folder(folder);
    attach(lower, lower_path);
    mount_new("tmpfs", memory, no_suid | no_devices,
              fmt::format("mode=0755,size={},nr_inodes={}", size.bytes, size.files));
    const UpperLayer first = upper_layer(memory, 0);
    make_changes(first.changes, lower_path);
    Overlay overlay;
    overlay.changes = Fd(::open(first.changes.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!overlay.changes) throw SetupError(Step::workspace, "open the workspace's changes", errno);
    if (earlier) bring_back(earlier, overlay.changes);
    mount_overlay(lower_path, first, merged_path);
    overlay.merged = Fd(::open_tree(AT_FDCWD, merged_path.c_str(), OPEN_TREE_CLOEXEC));
    check(overlay.merged.get(), Step::workspace, "take hold of the workspace's layers");
    if (can_return) {
        overlay.lower = copy_tree(AT_FDCWD, lower_path);
        overlay.memory = copy_mount(AT_FDCWD, memory);
    }
    attach_at(overlay.merged, place, "the workspace");
    overlay.place = std::move(place);
    return overlay;
}

}  // namespace heddle::sandbox
