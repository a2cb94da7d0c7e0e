// sandbox/changes/overlay_marks.cpp: Reads the marks of overlayfs (Documentation/filesystems/overlayfs.rst).
#include "sandbox/changes/overlay_marks.h"

#include <fmt/core.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

// The first byte of the mark, 0 of an empty one; nothing where there is none. By path through /proc, as there is no
// call that takes a folder and a name; the name itself is not followed.
std::optional<char> mark(Marks marks, const char* kind, int folder, const std::string& name) {
    const std::string attribute = fmt::format("{}.overlay.{}", marks == Marks::user ? "user" : "trusted", kind);
    const std::string path = fmt::format("/proc/self/fd/{}/{}", folder, name);
    char value[256];
    const ssize_t size = ::lgetxattr(path.c_str(), attribute.c_str(), value, sizeof value);
    if (size > 0) return value[0];
    if (size == 0) return '\0';
    if (errno == ENODATA || errno == EOPNOTSUPP || errno == ENOENT) return std::nullopt;
    // A guest may close its file even to its owner: taken for marked, which at worst makes a conflict.
    if (errno == ERANGE || errno == EACCES) return '\0';
    throw Error("read what overlayfs noted of " + printable(name) + " in the workspace", errno);
}

}  // namespace

Opaque opaque_mark(Marks marks, int folder) {
    const std::optional<char> value = mark(marks, "opaque", folder, ".");
    if (value == 'y') return Opaque::yes;
    return value == 'x' ? Opaque::holds_x_whiteouts : Opaque::no;
}

bool is_whiteout(Marks marks, Opaque in, int folder, const std::string& name, const Stat& found) {
    if (S_ISCHR(found.st_mode)) return found.st_rdev == makedev(0, 0);
    return in == Opaque::holds_x_whiteouts && S_ISREG(found.st_mode) && found.st_size == 0 &&
           mark(marks, "whiteout", folder, name).has_value();
}

bool is_copied_up(Marks marks, int folder, const std::string& name) {
    return mark(marks, "origin", folder, name).has_value();
}

// A device with the number 0, which everybody may make.
void make_whiteout(int folder, const std::string& name) {
    if (::mknodat(folder, name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
        throw Error("note that " + printable(name) + " was deleted", errno);
}

void mark_opaque(int folder) {
    if (::fsetxattr(folder, "user.overlay.opaque", "y", 1, 0) != 0)
        throw Error("note that a folder was made anew", errno);
}

void mark_copied_up(int folder, const std::string& name) {
    const auto found = look_at(folder, name);
    if (!found || (!S_ISREG(found->st_mode) && !S_ISDIR(found->st_mode))) return;
    const bool is_open = (found->st_mode & S_IWUSR) != 0 || ::geteuid() == 0;
    if (!is_open) ::fchmodat(folder, name.c_str(), (found->st_mode & 07777) | S_IWUSR, 0);
    const std::string path = fmt::format("/proc/self/fd/{}/{}", folder, name);
    const int failed = ::lsetxattr(path.c_str(), "user.overlay.origin", "c", 1, 0) != 0 ? errno : 0;
    if (!is_open) ::fchmodat(folder, name.c_str(), found->st_mode & 07777, 0);
    if (failed != 0) throw Error("note where " + printable(name) + " is from", failed);
}

}  // namespace heddle::sandbox::changes
