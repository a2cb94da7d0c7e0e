// sandbox/private_copy.cpp: One walk that looks for owners, one that copies file by file and counts what it costs.
#include "sandbox/private_copy.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/id_map.h"
#include "sandbox/printable.h"
#include "sandbox/text_file.h"
#include "sandbox/tree_walk.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

using changes::Stat;

constexpr const char* name_begin = "heddle-copy-";

// Who can be told apart inside: root's guests have a range of ids, anybody else's only one.
class KnownIds {
 public:
    explicit KnownIds(const Stat& root) : root_(root) {
        has_range_ = ::geteuid() == 0 &&
                     covers(read_text_at(AT_FDCWD, "/proc/self/uid_map"), host_ids_first, host_ids_count) &&
                     covers(read_text_at(AT_FDCWD, "/proc/self/gid_map"), host_ids_first, host_ids_count);
    }
    bool hold(const Stat& found) const {
        if (!has_range_) return found.st_uid == ::geteuid() && found.st_gid == ::getegid();
        return is_known(found.st_uid, root_.st_uid) && is_known(found.st_gid, root_.st_gid);
    }

 private:
    // As workspace_map() has it.
    static bool is_known(Id id, Id owner) {
        return id == owner || (id < host_ids_count && (id != guest_id || owner < host_ids_count));
    }
    Stat root_;
    bool has_range_ = false;
};

class Copying {
 public:
    Copying(std::string doing, const Limits& limits) : doing_(std::move(doing)), limits_(limits) {}

    void folder(const Fd& from, const Fd& to, int depth);
    std::size_t left_out() const { return left_out_; }

 private:
    void entry(const Fd& from, const Fd& to, const std::string& name, const Stat& found, int depth);
    void file(const Fd& from, const Fd& to, const std::string& name, const Stat& found);
    void account(const Stat& found);

    std::string doing_;
    const Limits& limits_;
    std::uint64_t bytes_ = 0, files_ = 0;
    std::size_t left_out_ = 0;
};

void Copying::account(const Stat& found) {
    constexpr std::uint64_t block = 512;
    bytes_ += S_ISREG(found.st_mode) ? static_cast<std::uint64_t>(found.st_blocks) * block : 0;
    ++files_;
    if (bytes_ > limits_.disk_bytes)
        throw Error(
            fmt::format("{}: it holds more than {} MiB; allow more (--disk, limits.disk_mb), or give all its "
                        "files one owner",
                        doing_, limits_.disk_bytes >> 20));
    if (files_ > limits_.disk_files)
        throw Error(
            fmt::format("{}: it holds more than {} files; allow more (limits.inodes), or give all its files "
                        "one owner",
                        doing_, limits_.disk_files));
}

void Copying::folder(const Fd& from, const Fd& to, int depth) {
    if (depth > changes::depth_max) throw Error(doing_ + ": its folders are nested too deep");
    for (const auto& name : changes::names_in(from.get())) {
        const auto found = changes::look_at(from.get(), name);
        if (!found) continue;  // gone since the listing
        account(*found);
        entry(from, to, name, *found, depth);
    }
}

void Copying::entry(const Fd& from, const Fd& to, const std::string& name, const Stat& found, int depth) {
    const timespec times[2] = {{0, UTIME_OMIT}, found.st_mtim};
    if (S_ISREG(found.st_mode)) {
        file(from, to, name, found);
    } else if (S_ISLNK(found.st_mode)) {
        if (::symlinkat(changes::link_target(from.get(), name).c_str(), to.get(), name.c_str()) != 0)
            throw Error(doing_, errno);
        (void)::utimensat(to.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW);
    } else if (S_ISDIR(found.st_mode)) {
        const Fd source = changes::open_folder(from.get(), name);
        if (!source && errno != EACCES) throw Error(doing_ + ": open " + printable(name), errno);
        if (::mkdirat(to.get(), name.c_str(), 0700) != 0) throw Error(doing_, errno);
        const Fd target = changes::open_folder(to.get(), name);
        if (!target) throw Error(doing_, errno);
        if (source)
            folder(source, target, depth + 1);
        else
            ++left_out_;
        if (::fchmod(target.get(), found.st_mode & 0777) != 0 || ::futimens(target.get(), times) != 0)
            throw Error(doing_, errno);
    }
}

void Copying::file(const Fd& from, const Fd& to, const std::string& name, const Stat& found) {
    const Fd source = changes::open_file(from.get(), name);
    if (!source) {
        if (errno != EACCES) throw Error(doing_ + ": open " + printable(name), errno);
        ++left_out_;
        return;
    }
    const Fd target(::openat(to.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!target) throw Error(doing_, errno);
    changes::copy_bytes(source, target);
    const timespec times[2] = {{0, UTIME_OMIT}, found.st_mtim};
    if (::fchmod(target.get(), found.st_mode & 0777) != 0 || ::futimens(target.get(), times) != 0)
        throw Error(doing_, errno);
}

void remove_copy(const fs::path& path) noexcept {
    if (path.empty()) return;
    try {
        const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (folder) changes::remove_content(folder.get());
    } catch (const std::exception&) {
        // It stays in the folder for temporary files, which is emptied by its own rules.
    }
    ::rmdir(path.c_str());
}

// None where somebody holds it, or it is not ours.
Fd lock(const fs::path& path) {
    Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    Stat found{};
    if (!folder || ::fstat(folder.get(), &found) != 0 || found.st_uid != ::geteuid()) return {};
    return ::flock(folder.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(folder) : Fd();
}

// Copies whose process was killed. One that was made just now may not be locked yet.
void remove_orphans() {
    constexpr auto age_min = std::chrono::minutes(10);
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::temp_directory_path(), error)) {
        if (entry.path().filename().native().rfind(name_begin, 0) != 0) continue;
        const auto made = fs::last_write_time(entry.path(), error);
        if (error || fs::file_time_type::clock::now() - made < age_min) continue;
        if (lock(entry.path())) remove_copy(entry.path());
    }
}

}  // namespace

std::optional<std::string> find_foreign_owner(const Fd& workspace, std::size_t entries_max) {
    Stat root{};
    if (::fstat(workspace.get(), &root) != 0) throw Error("look at the workspace", errno);
    const KnownIds known(root);
    if (!known.hold(root)) return ".";
    std::optional<std::string> first;
    (void)walk_tree(workspace, entries_max, Closed::passed_by, [&](const TreeEntry& entry) {
        Stat found{};
        if (::fstatat(entry.folder, entry.name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0 || known.hold(found))
            return Onward::into;
        first = entry.path;
        return Onward::stop;
    });
    return first;
}

PrivateCopy::PrivateCopy(const fs::path& workspace, const Fd& root, const Limits& limits) {
    const std::string doing = "copy the workspace '" + printable(workspace.native()) + "' for a guest";
    remove_orphans();
    std::string name = (fs::temp_directory_path() / name_begin).native() + std::string(6, 'X');
    if (::mkdtemp(name.data()) == nullptr) throw Error(doing, errno);
    path_ = name;
    lock_ = lock(path_);
    try {
        const Fd from = changes::open_folder(root.get(), "."), to = changes::open_folder(AT_FDCWD, name);
        Stat found{};
        if (!from || !to || ::fstat(from.get(), &found) != 0) throw Error(doing, errno);
        Copying copying(doing, limits);
        copying.folder(from, to, 0);
        left_out_ = copying.left_out();
        if (::fchmod(to.get(), (found.st_mode & 0777) | 0700) != 0) throw Error(doing, errno);
    } catch (...) {
        remove_copy(path_);
        throw;
    }
}

PrivateCopy::PrivateCopy(PrivateCopy&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)), left_out_(other.left_out_) {}

PrivateCopy::~PrivateCopy() {
    remove_copy(path_);
}

}  // namespace heddle::sandbox
