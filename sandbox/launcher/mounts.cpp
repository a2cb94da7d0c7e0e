// sandbox/launcher/mounts.cpp: The mount API by descriptors, which no name in between can lead astray.
#include "sandbox/launcher/mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

unsigned long attributes(unsigned flags) {
    return ((flags & read_only) ? MOUNT_ATTR_RDONLY : 0) | ((flags & no_suid) ? MOUNT_ATTR_NOSUID : 0) |
           ((flags & no_devices) ? MOUNT_ATTR_NODEV : 0) | ((flags & no_exec) ? MOUNT_ATTR_NOEXEC : 0);
}

Step step_of(const std::string& path) {
    return path == "proc" ? Step::proc : Step::mounts;
}

}  // namespace

Fd clone_tree(int folder, const std::string& path, unsigned flags) {
    const unsigned how = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH;
    Fd tree(::open_tree(folder, path.c_str(), how));
    if (!tree) throw SetupError(Step::mounts, "copy the mount of " + (path.empty() ? "a folder" : path), errno);
    mount_attr wanted{};
    wanted.attr_set = attributes(flags);
    // What is laid over it shall not appear on a host whose mounts are shared, nor here what is mounted there.
    wanted.propagation = MS_PRIVATE;
    if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) != 0)
        throw SetupError(Step::mounts, "restrict the mount of " + path, errno);
    return tree;
}

Fd copy_tree(int folder, const std::string& path) {
    Fd tree(::open_tree(folder, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
    if (!tree) throw SetupError(Step::mounts, "copy the mount of " + path, errno);
    return tree;
}

Fd copy_mount(int folder, const std::string& path) {
    Fd tree(::open_tree(folder, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (!tree) throw SetupError(Step::mounts, "copy the mount of " + path, errno);
    return tree;
}

Fd detached_memory(const std::string& owner, const char* size) {
    constexpr const char* doing = "make a file system of memory";
    const Fd context(check(::fsopen("tmpfs", FSOPEN_CLOEXEC), Step::mounts, doing));
    for (const auto& [key, value] : {std::pair<const char*, const char*>{"source", "tmpfs"},
                                     {"mode", "0755"},
                                     {"uid", owner.c_str()},
                                     {"gid", owner.c_str()},
                                     {"size", size}})
        check(::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0), Step::mounts, doing);
    check(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), Step::mounts, doing);
    return Fd(
        check(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV), Step::mounts, doing));
}

void make_read_only(const Fd& memory) {
    constexpr const char* doing = "make a file system of memory read only";
    const Fd context(check(::fspick(memory.get(), "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH), Step::mounts, doing));
    check(::fsconfig(context.get(), FSCONFIG_SET_FLAG, "ro", nullptr, 0), Step::mounts, doing);
    check(::fsconfig(context.get(), FSCONFIG_CMD_RECONFIGURE, nullptr, nullptr, 0), Step::mounts, doing);
    mount_attr wanted{};
    wanted.attr_set = attributes(read_only | no_suid | no_devices);
    check(::mount_setattr(memory.get(), "", AT_EMPTY_PATH, &wanted, sizeof wanted), Step::mounts, doing);
}

void attach(const Fd& tree, const std::string& path) {
    if (::move_mount(tree.get(), "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
        throw SetupError(Step::mounts, "attach /" + path, errno);
}

void restrict_mount(const std::string& path, unsigned flags) {
    mount_attr wanted{};
    wanted.attr_set = attributes(flags);
    if (::mount_setattr(AT_FDCWD, path.c_str(), 0, &wanted, sizeof wanted) != 0)
        throw SetupError(Step::mounts, "restrict the mount at " + path, errno);
}

void mount_new(const char* type, const std::string& path, unsigned flags, const std::string& options) {
    unsigned long bits = 0;
    if (flags & read_only) bits |= MS_RDONLY;
    if (flags & no_suid) bits |= MS_NOSUID;
    if (flags & no_devices) bits |= MS_NODEV;
    if (flags & no_exec) bits |= MS_NOEXEC;
    if (::mount(type, path.c_str(), type, bits, options.c_str()) != 0)
        throw SetupError(step_of(path), std::string("mount a new ") + type + " at " + path, errno);
}

void map_owners(const Fd& tree, const Fd& ids, const std::string& what) {
    mount_attr wanted{};
    wanted.attr_set = MOUNT_ATTR_IDMAP;
    wanted.userns_fd = static_cast<std::uint64_t>(ids.get());
    if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &wanted, sizeof wanted) != 0)
        throw SetupError(Step::idmapped_mount, "map the owners of " + what, errno);
}

void become_root() {
    check(static_cast<int>(::syscall(SYS_pivot_root, ".", ".")), Step::pivot, "change the root");
    check(::umount2(".", MNT_DETACH), Step::pivot, "let go of the old root");
    check(::chdir("/"), Step::pivot, "enter the new root");
}

}  // namespace heddle::sandbox
