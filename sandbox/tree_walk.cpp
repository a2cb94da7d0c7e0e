// sandbox/tree_walk.cpp: A queue of folders, each opened anew from the root, so that depth takes no descriptors.
#include "sandbox/tree_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox {

namespace {

Fd open_below(const Fd& root, const std::string& path, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    for (;;) {
        const long fd = ::syscall(SYS_openat2, root.get(), path.empty() ? "." : path.c_str(), &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return Fd(static_cast<int>(fd));
    }
}

// None where it is not ours to look into, or gone.
Fd open_folder(const Fd& root, const std::string& path, Closed closed) {
    Fd folder = open_below(root, path, O_RDONLY);
    if (folder || errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return folder;
    const int error = errno;
    if (error == EACCES) {
        if (closed == Closed::passed_by) return {};
        const Fd held = open_below(root, path, O_PATH);
        struct stat found {};
        if (!held || (::fstat(held.get(), &found) == 0 && found.st_uid != ::geteuid())) return {};
    }
    throw Error("look into the folder " + printable(path) + " of the workspace", error);
}

struct Found {
    std::string name;
    bool is_folder;
};

std::vector<Found> list(const Fd& folder, std::size_t most) {
    std::vector<Found> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)),
                                                      ::closedir);
    if (!listing) throw Error("list a folder of the workspace", errno);
    while (all.size() <= most) {
        const dirent* entry = ::readdir(listing.get());
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        bool is_folder = entry->d_type == DT_DIR;
        if (entry->d_type == DT_UNKNOWN) {
            struct stat found {};
            is_folder =
                ::fstatat(folder.get(), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
        }
        all.push_back({std::string(name), is_folder});
    }
    return all;
}

}  // namespace

WalkEnd walk_tree(const Fd& root, std::size_t entries_max, Closed closed,
                  const std::function<Onward(const TreeEntry&)>& visit) {
    std::deque<std::string> ahead{""};
    std::size_t seen = 0;
    while (!ahead.empty()) {
        const std::string path = std::move(ahead.front());
        ahead.pop_front();
        const Fd folder = open_folder(root, path, closed);
        if (!folder) continue;
        for (const auto& [name, is_folder] : list(folder, entries_max - seen)) {
            if (++seen > entries_max) return WalkEnd::too_many;
            const std::string below = path.empty() ? name : fmt::format("{}/{}", path, name);
            const Onward onward = visit({folder.get(), name, below, is_folder});
            if (onward == Onward::stop) return WalkEnd::stopped;
            if (onward == Onward::into && is_folder) ahead.push_back(below);
        }
    }
    return WalkEnd::all;
}

}  // namespace heddle::sandbox
