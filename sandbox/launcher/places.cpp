// sandbox/launcher/places.cpp: openat2 below the new root, a name at a time.
#include "sandbox/launcher/places.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/policy_path.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

Fd open_below(int folder, const std::string& path, int flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(O_PATH | O_CLOEXEC | flags);
    how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) return Fd(static_cast<int>(fd));
    }
}

Fd open_in_root(const std::string& path) {
    return open_below(AT_FDCWD, path, 0, RESOLVE_IN_ROOT);
}

void make(const Fd& above, const std::string& name, const std::string& path, bool is_folder, HomeOwner owner) {
    const int made = is_folder ? ::mkdirat(above.get(), name.c_str(), 0755)
                               : ::mknodat(above.get(), name.c_str(), S_IFREG | 0644, 0);
    if (made != 0) throw SetupError(Step::mounts, "make " + path + " for the guest", errno);
    if (path_covers(guest_home, path) &&
        ::fchownat(above.get(), name.c_str(), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) != 0)
        throw SetupError(Step::mounts, "give " + path + " to the guest", errno);
}

}  // namespace

Fd make_place(const std::string& path, bool is_folder, HomeOwner owner) {
    Fd at = open_in_root(".");
    fs::path sofar = "/";
    const fs::path whole(path);
    const fs::path below = whole.relative_path();
    for (auto part = below.begin(); part != below.end(); ++part) {
        sofar /= *part;
        const bool is_last = std::next(part) == below.end();
        Fd next = open_in_root(sofar.native());
        if (!next && errno == ENOENT) {
            make(at, part->native(), sofar.native(), !is_last || is_folder, owner);
            next = open_in_root(sofar.native());
        }
        if (!next) throw SetupError(Step::mounts, "find " + sofar.native() + " in the guest's view", errno);
        at = std::move(next);
    }
    return at;
}

Fd find_place(const std::string& base, const std::string& path) {
    Fd place = open_in_root(base);
    const fs::path below = fs::path(path).lexically_relative(base);
    if (place && below != ".")
        place = open_below(place.get(), below.native(), O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (!place) throw SetupError(Step::mounts, "find " + path + " again, which was there just now", errno);
    return place;
}

void attach_at(const Fd& tree, const Fd& place, const std::string& path) {
    if (::move_mount(tree.get(), "", place.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
        throw SetupError(Step::mounts, "attach " + path, errno);
}

}  // namespace heddle::sandbox
