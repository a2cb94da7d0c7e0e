// sandbox/changes/tree.cpp: The system calls of a walk that a hostile tree cannot lead astray.
#include "sandbox/changes/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>

#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

std::vector<std::string> names_in(int folder) {
    // A descriptor of its own: the caller's may be O_PATH, and keeps its place in the listing.
    Fd own(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(own ? ::fdopendir(own.get()) : nullptr, ::closedir);
    if (!listing) throw Error("list a folder of the workspace", errno);
    own.release();
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) throw Error("list a folder of the workspace", errno);
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<Stat> look_at(int folder, const std::string& name) {
    Stat found{};
    if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return found;
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw Error("look at " + printable(name) + " in the workspace", errno);
}

Fd open_folder(int parent, const std::string& name) {
    return Fd(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Fd open_file(int parent, const std::string& name) {
    const Fd held(::openat(parent, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    Stat found{};
    if (!held || ::fstat(held.get(), &found) != 0) return {};
    if (!S_ISREG(found.st_mode)) {
        errno = EINVAL;
        return {};
    }
    return Fd(::open(fmt::format("/proc/self/fd/{}", held.get()).c_str(), O_RDONLY | O_CLOEXEC));
}

Fd open_beneath(int root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how);
        // The kernel asks to try again where something was renamed meanwhile.
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return Fd(static_cast<int>(fd));
    }
}

Place place_of(int root, const std::string& path) {
    const std::string folder(parent_of(path));
    Place place{open_beneath(root, folder, O_PATH | O_DIRECTORY),
                folder.empty() ? path : path.substr(folder.size() + 1)};
    if (!place.folder) throw Error("open the folder of " + printable(path) + " in the workspace", errno);
    return place;
}

std::string link_target(int parent, const std::string& name) {
    std::string target(PATH_MAX, '\0');
    const ssize_t size = ::readlinkat(parent, name.c_str(), target.data(), target.size());
    if (size < 0) throw Error("read the link " + printable(name), errno);
    target.resize(static_cast<std::size_t>(size));
    return target;
}

Fd open_folder_anyway(int parent, const std::string& name) {
    const Fd held(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!held || ::chmod(fmt::format("/proc/self/fd/{}", held.get()).c_str(), 0700) != 0) return {};
    return open_folder(held.get(), ".");
}

// Without recursion: a folder's folders are moved up to the top before it is removed, so that depth costs nothing.
void remove_content(int folder) {
    std::vector<std::string> left = names_in(folder);
    std::size_t moved = 0;
    while (!left.empty()) {
        const std::string name = std::move(left.back());
        left.pop_back();
        if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) continue;
        if (errno != EISDIR && errno != EPERM) throw Error("remove " + printable(name), errno);
        const Fd inner = open_folder_anyway(folder, name);
        if (!inner) throw Error("open the folder " + printable(name) + " to remove it", errno);
        for (const auto& below : names_in(inner.get())) {
            if (::unlinkat(inner.get(), below.c_str(), 0) == 0) continue;
            if (!open_folder_anyway(inner.get(), below)) throw Error("remove " + printable(below), errno);
            std::string up;
            int failed = 0;
            do {
                up = fmt::format("gone-{}", moved++);
                failed = ::renameat2(inner.get(), below.c_str(), folder, up.c_str(), RENAME_NOREPLACE);
            } while (failed != 0 && errno == EEXIST);
            if (failed != 0) throw Error("move " + printable(below) + " to remove it", errno);
            left.push_back(up);
        }
        if (::unlinkat(folder, name.c_str(), AT_REMOVEDIR) != 0) throw Error("remove " + printable(name), errno);
    }
}

std::string_view parent_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string joined(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
}

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace heddle::sandbox::changes
