// tools/folder.cpp: openat2 beneath the root; where a descriptor is, the kernel says.
#include "tools/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "tools/error.h"

namespace heddle::tools {

namespace {

using sandbox::Fd;

constexpr int races_max = 32;  // somebody renames folders at this moment; he will pause

[[noreturn]] void refuse_changing(const std::string& shown) {
    throw Error(fmt::format("cannot open {}: its folder is being changed; try again", shown));
}

[[noreturn]] void refuse_missing(const std::string& shown) {
    throw Error("no such file: " + shown);
}

[[noreturn]] void refuse(int error, const std::string& shown) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            refuse_missing(shown);
        case EXDEV:
            throw Error("outside the folder: " + shown);
        case EAGAIN:
            refuse_changing(shown);
        default:
            throw Error(fmt::format("cannot open {}: {}", shown, std::strerror(error)));
    }
}

std::string link_of(const Fd& handle) {
    char text[PATH_MAX];
    const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", handle.get()).c_str(), text, sizeof text);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

bool is_same(const Stat& one, const Stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// The path without its last name, and that name; slashes between and at the end of the first are dropped.
std::pair<std::string, std::string> split(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    const std::size_t end = path.find_last_not_of('/', slash);
    return {end == std::string::npos ? "" : path.substr(0, end + 1), path.substr(slash + 1)};
}

}  // namespace

Fd Folder::open(const std::string& path, std::uint64_t flags, std::uint64_t resolve) const {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
    long opened = -1;
    for (int i = 0; i < races_max; ++i) {
        opened = ::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
        if (opened >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return Fd(static_cast<int>(opened));
}

// Nothing for what is outside by now.
std::optional<std::string> Folder::place_of(const Fd& handle) const {
    std::string root = link_of(root_);
    const std::string there = link_of(handle);
    if (there == root) return ".";
    if (!root.ends_with('/')) root += '/';
    if (there.size() <= root.size() || !there.starts_with(root)) return {};
    return there.substr(root.size());
}

Found Folder::find(const std::string& path, const std::string& shown) const {
    if (path.find('\0') != std::string::npos) refuse_missing(shown);
    Found found;
    found.handle = open(path, O_PATH);
    if (!found.handle || ::fstat(found.handle.get(), &found.status) != 0) refuse(errno, shown);
    const auto place = place_of(found.handle);
    if (!place) refuse(EXDEV, shown);
    found.place = *place;
    return found;
}

Fd Folder::open_found(const Found& found) {
    const std::string self = fmt::format("/proc/self/fd/{}", found.handle.get());
    return Fd(::open(self.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

// The entry is looked up again in the folder that holds it, through no link: what is replaced later is a name in that
// folder, and it has to be the name of the file that was found.
Target Folder::target(const std::string& path, const std::string& shown) const {
    if (path.empty() || path.find('\0') != std::string::npos) refuse_missing(shown);
    for (int i = 0; i < races_max; ++i) {
        const Fd handle = open(path, O_PATH);
        if (!handle && errno == ENOENT) return new_target(path, shown);
        Stat status{};
        if (!handle || ::fstat(handle.get(), &status) != 0) refuse(errno, shown);
        if (S_ISDIR(status.st_mode)) throw Error(fmt::format("{} is a folder", shown));
        if (!S_ISREG(status.st_mode)) throw Error("not a file: " + shown);
        const auto place = place_of(handle);
        if (!place) refuse(EXDEV, shown);
        Target target;
        target.place = *place;
        std::string folder;
        std::tie(folder, target.name) = split(target.place);
        target.folder = open(folder.empty() ? "." : folder, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
        Stat entry{};
        if (!target.folder || ::fstatat(target.folder.get(), target.name.c_str(), &entry, AT_SYMLINK_NOFOLLOW) != 0 ||
            !is_same(entry, status)) {
            continue;  // renamed meanwhile
        }
        target.status = entry;
        return target;
    }
    refuse_changing(shown);
}

Target Folder::new_target(const std::string& path, const std::string& shown) const {
    Target target;
    std::string folder;
    std::tie(folder, target.name) = split(path);
    if (target.name.empty() || target.name == "." || target.name == "..") refuse_missing(shown);
    for (;;) {
        target.folder = open(folder.empty() ? "." : folder, O_PATH | O_DIRECTORY);
        if (target.folder) break;
        if (errno != ENOENT || folder.empty()) refuse(errno, shown);
        std::string name;
        std::tie(folder, name) = split(folder);
        if (name == "..") refuse(ENOENT, shown);
        if (name != "." && !name.empty()) target.missing.insert(target.missing.begin(), name);
    }
    const std::string& first = target.missing.empty() ? target.name : target.missing.front();
    Stat entry{};
    if (::fstatat(target.folder.get(), first.c_str(), &entry, AT_SYMLINK_NOFOLLOW) == 0) {
        if (!S_ISLNK(entry.st_mode)) refuse_changing(shown);
        throw Error(fmt::format("{} leads through a link to something that is not there", shown));
    }
    const auto place = place_of(target.folder);
    if (!place) refuse(EXDEV, shown);
    if (*place != ".") target.place = *place + "/";
    for (const auto& name : target.missing) target.place += name + "/";
    target.place += target.name;
    return target;
}

}  // namespace heddle::tools
