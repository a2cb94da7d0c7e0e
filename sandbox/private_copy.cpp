// sandbox/private_copy.cpp: A walk that looks for owners; a copy in a borrowed folder, and what becomes of it.
#include "sandbox/private_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "sandbox/changes/baseline.h"
#include "sandbox/changes/copy_tree.h"
#include "sandbox/changes/tree.h"
#include "sandbox/changes/upper_of_copy.h"
#include "sandbox/error.h"
#include "sandbox/id_map.h"
#include "sandbox/printable.h"
#include "sandbox/text_file.h"
#include "sandbox/tree_walk.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

using changes::Stat;

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

Fd make_folder(const Fd& in, const char* name) {
    if (::mkdirat(in.get(), name, 0700) != 0) throw Error("make a folder for it", errno);
    Fd made = changes::open_folder(in.get(), name);
    if (!made) throw Error("open a folder for it", errno);
    return made;
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

PrivateCopy::PrivateCopy(const fs::path& workspace, const Fd& root, const Limits& limits, LentFolder lent,
                         std::optional<Id> owner)
    : lent_(std::move(lent)) {
    const std::string doing = "copy the workspace " + printable(workspace.native()) + " for a guest";
    try {
        copy_ = make_folder(lent_.folder, "work");
        const Fd from = changes::open_folder(root.get(), ".");
        if (!from) throw Error("open it", errno);
        left_out_ = changes::copy_tree(from, copy_,
                                       {.bytes_max = limits.disk_bytes,
                                        .files_max = limits.disk_files,
                                        .unreadable = changes::Unreadable::left_out,
                                        .owner = owner,
                                        .record = &record_});
        // Its own folder has to stay open to its owner, whatever the original's mode.
        Stat made{};
        if (::fstat(copy_.get(), &made) != 0 || ::fchmod(copy_.get(), (made.st_mode & 0777) | 0700) != 0)
            throw Error("give it its mode", errno);
    } catch (const changes::TooLarge& error) {
        throw changes::TooLarge(doing + ": " + error.what());
    } catch (const Error& error) {
        throw Error(doing + ": " + error.what());
    }
}

PrivateCopy::~PrivateCopy() {
    if (!lent_.folder) return;  // it was moved from
    try {
        changes::remove_content(lent_.folder.get());
    } catch (const std::exception&) {
        // The launcher tries again.
    }
    ::rmdir(lent_.path.c_str());
}

void PrivateCopy::prepare_for_changes() const {
    changes::demand_marks(lent_.folder);
    changes::Baseline::take().settle();
}

const Fd& PrivateCopy::changes() {
    if (upper_) return upper_;
    Fd upper = make_folder(lent_.folder, "upper");
    remarks_ = changes::upper_of_copy(copy_, record_, upper);
    upper_ = std::move(upper);
    return upper_;
}

}  // namespace heddle::sandbox
