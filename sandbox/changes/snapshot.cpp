// sandbox/changes/snapshot.cpp: Copies a tree with all that overlayfs reads from it.
#include "sandbox/changes/snapshot.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

std::string path_of(const Fd& folder, const std::string& name) {
    return fmt::format("/proc/self/fd/{}/{}", folder.get(), name);
}

void set_mode(const Fd& folder, mode_t mode) {
    if (::chmod(fmt::format("/proc/self/fd/{}", folder.get()).c_str(), mode) != 0)
        throw Error("set the mode of the workspace's root", errno);
}

class Copy {
 public:
    explicit Copy(const Fd& root) : root_(root) {}
    void content(const Fd& from, const Fd& to, const std::string& path, int depth);

 private:
    void entry(const Fd& from, const Fd& to, const std::string& name, const std::string& path, int depth);
    void make(const Fd& from, const Fd& to, const std::string& name, const Stat& found, const std::string& path,
              int depth);

    const Fd& root_;
    std::map<std::uint64_t, std::string> linked_;  // inode to where it was copied first
};

// Attributes while the copy may still be written, then owner, mode and time, which a folder's content would change.
void copy_attributes(const Fd& from, const Fd& to, const std::string& name) {
    const std::string source = path_of(from, name), target = path_of(to, name);
    std::string names(64 * 1024, '\0'), value(64 * 1024, '\0');  // the kernel's own bounds
    const ssize_t size = ::llistxattr(source.c_str(), names.data(), names.size());
    if (size < 0 && errno == EOPNOTSUPP) return;
    if (size < 0) throw Error("list the attributes of " + printable(name), errno);
    names.resize(static_cast<std::size_t>(size));
    for (std::size_t at = 0; at < names.size(); at += std::string_view(names.c_str() + at).size() + 1) {
        const char* attribute = names.c_str() + at;
        const ssize_t length = ::lgetxattr(source.c_str(), attribute, value.data(), value.size());
        if (length < 0 ||
            ::lsetxattr(target.c_str(), attribute, value.data(), static_cast<std::size_t>(length), 0) != 0)
            throw Error(fmt::format("copy the attribute {} of {}", printable(attribute), printable(name)), errno);
    }
}

void copy_status(const Stat& found, const Fd& to, const std::string& name, const std::string& path) {
    const std::string target = path_of(to, name);
    if (::geteuid() == 0 && ::lchown(target.c_str(), found.st_uid, found.st_gid) != 0)
        throw Error("give the copy of " + printable(path) + " to its owner", errno);
    if (!S_ISLNK(found.st_mode) && ::fchmodat(to.get(), name.c_str(), found.st_mode & 07777, 0) != 0)
        throw Error("set the mode of the copy of " + printable(path), errno);
    const timespec times[2] = {found.st_atim, found.st_mtim};
    if (::utimensat(to.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
        throw Error("set the time of the copy of " + printable(path), errno);
}

// Owners can read what they have locked to themselves: the mode is opened up for as long as this lives.
class Opened {
 public:
    Opened(const Fd& folder, const std::string& name, const Stat& found)
        : folder_(folder), name_(name), mode_(found.st_mode) {
        const mode_t needed = S_ISDIR(mode_) ? 0700 : 0400;
        if (::geteuid() == 0 || (!S_ISDIR(mode_) && !S_ISREG(mode_)) || (mode_ & needed) == needed) return;
        if (::fchmodat(folder.get(), name.c_str(), (mode_ & 07777) | needed, 0) != 0)
            throw Error("open up " + printable(name) + " to copy it", errno);
        opened_ = true;
    }
    ~Opened() {
        if (opened_) (void)::fchmodat(folder_.get(), name_.c_str(), mode_ & 07777, 0);
    }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;

 private:
    const Fd& folder_;
    const std::string& name_;
    mode_t mode_;
    bool opened_ = false;
};

void Copy::content(const Fd& from, const Fd& to, const std::string& path, int depth) {
    if (depth > depth_max) throw Error("copy " + printable(path) + ": its folders are nested too deep");
    for (const auto& name : names_in(from.get())) entry(from, to, name, joined(path, name), depth);
}

void Copy::entry(const Fd& from, const Fd& to, const std::string& name, const std::string& path, int depth) {
    const auto found = look_at(from.get(), name);
    if (!found) throw Error("copy " + printable(path) + ": it is gone; end the guest first");
    if (!S_ISDIR(found->st_mode) && found->st_nlink > 1) {
        if (const auto first = linked_.find(found->st_ino); first != linked_.end()) {
            const Place old = place_of(root_.get(), first->second);
            if (::linkat(old.folder.get(), old.name.c_str(), to.get(), name.c_str(), 0) != 0)
                throw Error("link the copy of " + printable(path), errno);
            return;
        }
        linked_.emplace(found->st_ino, path);
    }
    const Opened opened(from, name, *found);
    make(from, to, name, *found, path, depth);
    copy_status(*found, to, name, path);
}

void Copy::make(const Fd& from, const Fd& to, const std::string& name, const Stat& found, const std::string& path,
                int depth) {
    const std::string doing = "copy " + printable(path);
    if (S_ISDIR(found.st_mode)) {
        if (::mkdirat(to.get(), name.c_str(), 0700) != 0) throw Error(doing, errno);
        const Fd source = open_folder(from.get(), name), target = open_folder(to.get(), name);
        if (!source || !target) throw Error(doing, errno);
        copy_attributes(from, to, name);
        content(source, target, path, depth + 1);
    } else if (S_ISREG(found.st_mode)) {
        const Fd source = open_file(from.get(), name);
        if (!source) throw Error(doing, errno);
        const Fd target(::openat(to.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!target) throw Error(doing, errno);
        copy_bytes(source, target);
        copy_attributes(from, to, name);
    } else if (S_ISLNK(found.st_mode)) {
        if (::symlinkat(link_target(from.get(), name).c_str(), to.get(), name.c_str()) != 0) throw Error(doing, errno);
        copy_attributes(from, to, name);
    } else if (::mknodat(to.get(), name.c_str(), found.st_mode, found.st_rdev) != 0) {
        // A whiteout is a device that everybody may make; other devices cannot be in the layer of a guest.
        throw Error(doing, errno);
    }
}

}  // namespace

void rollback(const Fd& upper, const Fd& lower) {
    Stat before{};
    if (::fstat(lower.get(), &before) != 0) throw Error("look at the workspace", errno);
    set_mode(upper, 0700);  // a guest may have locked the root itself
    remove_content(upper.get());
    set_mode(upper, before.st_mode & 0777);
}

void snapshot(const Fd& upper, const Fd& to) {
    if (!names_in(to.get()).empty()) throw Error("make a snapshot of the workspace: its folder is not empty");
    Stat root{};
    if (::fstat(upper.get(), &root) != 0) throw Error("look at the workspace", errno);
    try {
        Copy(to).content(upper, to, "", 0);
        set_mode(to, root.st_mode & 0777);
    } catch (...) {
        remove_content(to.get());
        throw;
    }
}

void restore(const Fd& from, const Fd& upper) {
    rollback(upper, from);
    snapshot(from, upper);
}

}  // namespace heddle::sandbox::changes
