// sandbox/private_copy.cpp: A walk that looks for owners, and a folder that is locked while its copy is in use.
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
#include <string_view>
#include <utility>

#include "sandbox/changes/copy_tree.h"
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
        return in_workspace_map(found.st_uid, root_.st_uid) && in_workspace_map(found.st_gid, root_.st_gid);
    }

 private:
    Stat root_;
    bool has_range_ = false;
};

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

std::optional<std::string> find_foreign_owner(const Fd& workspace, OwnerLook look) {
    Stat root{};
    if (::fstat(workspace.get(), &root) != 0) throw Error("look at the workspace", errno);
    const KnownIds known(root);
    if (!known.hold(root)) return ".";
    // A look at a file costs five times what its name does, and what has another owner mostly lies together.
    const bool is_short = look == OwnerLook::at_opening;
    const std::size_t entries_max = is_short ? 800 : 50'000, files_a_folder = is_short ? 8 : entries_max;
    std::optional<std::string> first;
    std::string folder;
    std::size_t files = 0;
    (void)walk_tree(workspace, entries_max, Closed::passed_by, [&](const TreeEntry& entry) {
        const std::string_view above(entry.path.data(), entry.path.size() - entry.name.size());
        if (above != folder) {
            folder = above;
            files = 0;
        }
        if (!entry.is_folder && ++files > files_a_folder) return Onward::past;
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
        if (!from || !to) throw Error("open it", errno);
        left_out_ = changes::copy_tree(from, to, {limits.disk_bytes, limits.disk_files, changes::Unreadable::left_out});
        // Its own folder has to stay open to this user, whatever the original's mode.
        Stat made{};
        if (::fstat(to.get(), &made) != 0 || ::fchmod(to.get(), (made.st_mode & 0777) | 0700) != 0)
            throw Error("give it its mode", errno);
    } catch (const changes::TooLarge& error) {
        remove_copy(path_);
        throw Error(doing + ": " + error.what() + ", or give all its files one owner");
    } catch (const Error& error) {
        remove_copy(path_);
        throw Error(doing + ": " + error.what());
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
