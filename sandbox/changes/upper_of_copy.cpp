// sandbox/changes/upper_of_copy.cpp: One walk of the copy beside its record; a folder of the layer is made when
// something comes into it.
#include "sandbox/changes/upper_of_copy.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/changes/overlay_marks.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Made = CopyRecord::Made;
using Names = std::vector<std::string>;

const std::vector<Made> nothing;

struct Folder {
    const Fd& copy;
    std::string path, name;
    const std::vector<Made>& made;  // what was in it; nothing in a folder that the guest made
    Stat now;
    bool is_copied;        // it was there, and still is
    bool is_replaced;      // another was there
    Folder* above;         // null: the root
    Fd upper;              // none as long as nothing has come into it
    const Fd* given = {};  // of the root
};

class Walk {
 public:
    explicit Walk(const CopyRecord& record) : record_(record) {}
    void visit(Folder& folder, int depth);
    Names take_left() { return std::move(left_); }

 private:
    void enter(Folder& folder, const std::string& name, const Stat& now, const Made* before, int depth);
    void gone(Folder& folder, const Made& before);
    bool is_held_back(const Folder& folder, const std::string& name, const Stat& now, const Made& before);
    bool holds_uncopied(const std::string& path) const;
    void leave(const std::string& path) {
        left_.push_back(printable(path) + ": the host has something there that was not in the copy; it stays");
    }
    const std::vector<Made>& made_in(const std::string& path) const {
        const auto found = record_.folders.find(path);
        return found == record_.folders.end() ? nothing : found->second;
    }

    const CopyRecord& record_;
    Names left_;
};

const Made* find(const std::vector<Made>& made, const std::string& name) {
    const auto at = std::lower_bound(made.begin(), made.end(), name,
                                     [](const Made& each, const std::string& wanted) { return each.name < wanted; });
    return at != made.end() && at->name == name ? &*at : nullptr;
}

// In the layer, with all that is above it.
int upper_of(Folder& folder) {
    if (folder.given != nullptr) return folder.given->get();
    if (folder.upper) return folder.upper.get();
    const int above = upper_of(*folder.above);
    if (::mkdirat(above, folder.name.c_str(), 0700) != 0)
        throw Error("make the folder " + printable(folder.path) + " of the changes", errno);
    if (folder.is_copied) mark_copied_up(above, folder.name);
    folder.upper = open_folder(above, folder.name);
    if (!folder.upper) throw Error("open the folder " + printable(folder.path) + " of the changes", errno);
    if (folder.is_replaced) mark_opaque(folder.upper.get());
    return folder.upper.get();
}

// Once all is in it: its mode may forbid more, and its time moves with each.
void finish(const Folder& folder) {
    if (!folder.upper) return;
    const timespec times[2] = {{0, UTIME_OMIT}, folder.now.st_mtim};
    if (::futimens(folder.upper.get(), times) != 0 || ::fchmod(folder.upper.get(), folder.now.st_mode & 0777) != 0)
        throw Error("give the folder " + printable(folder.path) + " of the changes its time and mode", errno);
}

void move(Folder& folder, const std::string& name, bool was_there) {
    const int upper = upper_of(folder);
    if (::renameat2(folder.copy.get(), name.c_str(), upper, name.c_str(), RENAME_NOREPLACE) != 0)
        throw Error("take " + printable(joined(folder.path, name)) + " out of the copy", errno);
    if (was_there) mark_copied_up(upper, name);
}

bool is_uncopied(const Made& made) {
    return made.inode == 0 || made.is_empty;
}

bool Walk::holds_uncopied(const std::string& path) const {
    const auto& made = made_in(path);
    return std::any_of(made.begin(), made.end(), [&](const Made& each) {
        return is_uncopied(each) || (S_ISDIR(each.mode) && holds_uncopied(joined(path, each.name)));
    });
}

// True, and said if the guest did something there, where the host has what was not copied.
bool Walk::is_held_back(const Folder& folder, const std::string& name, const Stat& now, const Made& before) {
    if (!is_uncopied(before)) {
        // Nothing takes the place of a folder that keeps something.
        const bool goes = S_ISDIR(before.mode) && !S_ISDIR(now.st_mode) && holds_uncopied(joined(folder.path, name));
        if (goes) leave(joined(folder.path, name));
        return goes;
    }
    bool is_untouched = before.is_empty && before.inode == now.st_ino;
    if (is_untouched) {
        const Fd inner = open_folder_anyway(folder.copy.get(), name);
        is_untouched = inner && names_in(inner.get()).empty();
    }
    if (!is_untouched) leave(joined(folder.path, name));
    return true;
}

void Walk::visit(Folder& folder, int depth) {
    const Names names = names_in(folder.copy.get());
    for (const auto& name : names) {
        const auto now = look_at(folder.copy.get(), name);
        if (!now) throw Error("look at " + printable(joined(folder.path, name)) + " in the copy: it is gone");
        const Made* before = find(folder.made, name);
        if (before != nullptr && is_held_back(folder, name, *now, *before)) continue;
        if (S_ISDIR(now->st_mode))
            enter(folder, name, *now, before, depth);
        else if (before == nullptr || before->inode != now->st_ino || before->changed != nanoseconds(now->st_ctim))
            move(folder, name, before != nullptr);
    }
    for (const Made& before : folder.made)
        if (before.inode != 0 && !std::binary_search(names.begin(), names.end(), before.name)) gone(folder, before);
}

// A folder goes with all that the host has in it, so one that holds what was not copied loses only the rest.
void Walk::gone(Folder& folder, const Made& before) {
    const std::string path = joined(folder.path, before.name);
    if (is_uncopied(before)) return leave(path);
    if (!S_ISDIR(before.mode) || !holds_uncopied(path)) return make_whiteout(upper_of(folder), before.name);
    Stat now{};
    now.st_mode = before.mode;
    Folder below{folder.copy, path, before.name, made_in(path), now, true, false, &folder, {}};
    for (const Made& each : below.made) gone(below, each);
    finish(below);
}

void Walk::enter(Folder& folder, const std::string& name, const Stat& now, const Made* before, int depth) {
    const std::string path = joined(folder.path, name);
    if (depth + 1 >= depth_max) {
        left_.push_back(printable(path) + ": folders nested too deep to look at; not taken");
        return;
    }
    const Fd inner = open_folder_anyway(folder.copy.get(), name);
    if (!inner) throw Error("open the folder " + printable(path) + " of the copy", errno);
    const bool was_folder = before != nullptr && S_ISDIR(before->mode);
    const bool is_copied = was_folder && (before->inode == now.st_ino || holds_uncopied(path));
    Folder below{inner,   path, name, is_copied ? made_in(path) : nothing, now, is_copied, was_folder && !is_copied,
                 &folder, {}};
    if (!is_copied || (now.st_mode & 0777) != (before->mode & 0777)) (void)upper_of(below);
    visit(below, depth + 1);
    finish(below);
}

}  // namespace

std::vector<std::string> upper_of_copy(const Fd& copy, const CopyRecord& record, const Fd& upper) {
    if (::fchmod(copy.get(), 0700) != 0) throw Error("open the copy of the workspace", errno);
    const auto at_root = record.folders.find("");
    Folder root{copy,    "", "",    at_root == record.folders.end() ? nothing : at_root->second, {}, true, false,
                nullptr, {}, &upper};
    Walk walk(record);
    walk.visit(root, 0);
    return walk.take_left();
}

void demand_marks(const Fd& folder) {
    const char* const name = "trial";
    if (::mkdirat(folder.get(), name, 0700) != 0) throw Error("make a folder for the changes", errno);
    const Fd made = open_folder(folder.get(), name);
    if (!made) throw Error("open a folder for the changes", errno);
    mark_opaque(made.get());
    make_whiteout(made.get(), name);
    remove_content(made.get());
    if (::unlinkat(folder.get(), name, AT_REMOVEDIR) != 0) throw Error("remove a folder for the changes", errno);
}

}  // namespace heddle::sandbox::changes
