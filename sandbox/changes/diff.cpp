// sandbox/changes/diff.cpp: Walks the upper layer beside the host's folder.
// Theory: overlayfs (without redirect_dir and metacopy) puts into the upper layer each file that was written, whole, at
// its own path; a whiteout where a name of the lower layer is gone; and the opaque mark on a folder that was made anew
// where the lower layer has one. So one walk of the upper tells all, and the lower is only looked at beside it.
#include "sandbox/changes/diff.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/git_paths.h"
#include "sandbox/changes/refusals.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Kind = Change::Kind;
using Type = Change::Type;

Type type_of(const Stat& found) {
    if (S_ISREG(found.st_mode)) return Type::file;
    if (S_ISDIR(found.st_mode)) return Type::folder;
    return S_ISLNK(found.st_mode) ? Type::link : Type::special;
}

class Walk {
 public:
    explicit Walk(const DiffOptions& options) : options_(options) {}

    struct Folder {
        const Fd* upper;
        const Fd* lower;  // null where the host has no folder there
        std::string path;
        int depth;
        bool in_git;
        bool opaque;  // the folder above hides what the host has here; then so does this one, marked or not
    };
    void visit(const Folder& folder);
    std::vector<Change> take();

 private:
    void compare(const Folder& folder, const std::string& name, const Stat& now, const std::optional<Stat>& before);
    void enter(const Folder& folder, const std::string& name, bool merged, Change change);
    void deleted(const Fd& lower, const std::string& name, const std::string& path, const Stat& before, int depth);
    bool same(const Folder& folder, const std::string& name, Change& change, const Stat& now, const Stat& before);
    void judge(const Folder& folder, const std::string& name, Change& change);
    bool is_repository(const Folder& folder);

    const DiffOptions& options_;
    std::vector<Change> changes_;
    Opaque opaque_ = Opaque::no;  // of the folder that is visited
};

void Walk::visit(const Folder& folder) {
    const Opaque opaque = folder.opaque ? Opaque::yes : opaque_mark(options_.marks, folder.upper->get());
    const std::vector<std::string> names = names_in(folder.upper->get());
    for (const auto& name : names) {
        const std::optional<Stat> now = look_at(folder.upper->get(), name);
        if (!now) continue;  // gone since the listing
        const std::optional<Stat> before = folder.lower != nullptr ? look_at(folder.lower->get(), name) : std::nullopt;
        if (is_whiteout(options_.marks, opaque, folder.upper->get(), name, *now)) {
            if (before) deleted(*folder.lower, name, joined(folder.path, name), *before, folder.depth + 1);
        } else {
            opaque_ = opaque;
            compare(folder, name, *now, before);
        }
    }
    if (opaque != Opaque::yes || folder.lower == nullptr) return;
    for (const auto& name : names_in(folder.lower->get())) {
        if (std::binary_search(names.begin(), names.end(), name)) continue;
        if (const auto before = look_at(folder.lower->get(), name))
            deleted(*folder.lower, name, joined(folder.path, name), *before, folder.depth + 1);
    }
}

void Walk::compare(const Folder& folder, const std::string& name, const Stat& now, const std::optional<Stat>& before) {
    Change change;
    change.path = joined(folder.path, name);
    change.type = type_of(now);
    change.size = change.type == Type::folder ? 0 : static_cast<std::uint64_t>(now.st_size);
    change.mode = now.st_mode & 0777;
    change.inode = now.st_ino;
    change.touched = nanoseconds(now.st_ctim);
    change.copied_up = is_copied_up(options_.marks, folder.upper->get(), name);
    const bool merged = before && S_ISDIR(before->st_mode) && change.type == Type::folder;
    if (before) {
        change.old_mode = before->st_mode & 0777;
        change.was_folder = S_ISDIR(before->st_mode) && !merged;
        if (type_of(*before) != change.type)
            change.kind = Kind::type_changed;
        else
            change.kind = change.type == Type::folder ? Kind::mode_changed : Kind::modified;
    }
    if (change.type == Type::folder) return enter(folder, name, merged, std::move(change));

    if (before && change.kind == Kind::modified && same(folder, name, change, now, *before)) return;
    judge(folder, name, change);
    changes_.push_back(std::move(change));
    if (before && S_ISDIR(before->st_mode)) {
        const Fd lower = open_folder(folder.lower->get(), name);
        if (!lower) throw Error("open the host's folder " + printable(joined(folder.path, name)), errno);
        for (const auto& below : names_in(lower.get()))
            if (const auto found = look_at(lower.get(), below))
                deleted(lower, below, joined(joined(folder.path, name), below), *found, folder.depth + 2);
    }
}

void Walk::enter(const Folder& folder, const std::string& name, bool merged, Change change) {
    const Fd upper = open_folder(folder.upper->get(), name);
    const int failed = errno;
    const Fd lower = merged ? open_folder(folder.lower->get(), name) : Fd();
    if (merged && !lower) throw Error("open the host's folder " + printable(change.path), errno);

    const bool is_git = folded(name) == ".git";
    bool listed = change.kind != Kind::mode_changed || change.mode != change.old_mode;
    if (merged && is_git && upper &&
        (opaque_ == Opaque::yes || opaque_mark(options_.marks, upper.get()) == Opaque::yes)) {
        // Removed and made anew: all history is another, though the folder is still a folder.
        change.kind = Kind::type_changed;
        change.was_folder = listed = true;
    }
    judge(folder, name, change);
    // What a path of the kernel's cannot name is not taken either.
    if (folder.depth + 1 >= depth_max || change.path.size() + NAME_MAX + 2 > PATH_MAX || !upper) {
        change.refusal = upper ? "folders nested too deep to look at" : "folder that cannot be read";
        change.allowable = false;
        if (!upper && failed != EACCES) throw Error("open the folder " + printable(change.path), failed);
        changes_.push_back(std::move(change));
        return;
    }
    const Folder inner{&upper,           merged ? &lower : nullptr, change.path,
                       folder.depth + 1, folder.in_git || is_git,   opaque_ == Opaque::yes};
    if (listed) changes_.push_back(std::move(change));
    visit(inner);
}

// What the host has at `path` is gone: listed with all that is in it, so that each part is judged by itself.
void Walk::deleted(const Fd& lower, const std::string& name, const std::string& path, const Stat& before, int depth) {
    Change change;
    change.path = path;
    change.kind = Kind::deleted;
    change.type = type_of(before);
    change.was_folder = S_ISDIR(before.st_mode);
    change.size = change.was_folder ? 0 : static_cast<std::uint64_t>(before.st_size);
    change.old_mode = before.st_mode & 0777;
    change.refusal = options_.protect.reason(change);
    change.allowable = !change.refusal.empty();
    if (change.allowable) change.refusal = "protected: " + change.refusal;
    if (change.was_folder && depth >= depth_max) {
        change.refusal = "folders nested too deep to look at";
        change.allowable = false;
    }
    const bool goes_on = change.was_folder && depth < depth_max;
    changes_.push_back(std::move(change));
    if (!goes_on) return;
    const Fd inner = open_folder(lower.get(), name);
    if (!inner) throw Error("open the host's folder " + printable(path), errno);
    for (const auto& below : names_in(inner.get()))
        if (const auto found = look_at(inner.get(), below))
            deleted(inner, below, joined(path, below), *found, depth + 1);
}

// True where nothing of it changed; tells a changed mode from changed content.
bool Walk::same(const Folder& folder, const std::string& name, Change& change, const Stat& now, const Stat& before) {
    const int upper = folder.upper->get(), lower = folder.lower->get();
    if (change.type == Type::special) return now.st_mode == before.st_mode && now.st_rdev == before.st_rdev;
    if (change.type == Type::link) return link_target(upper, name) == link_target(lower, name);
    if (now.st_size != before.st_size || change.size > options_.file_bytes_max) return false;
    const Fd one = open_file(upper, name), other = open_file(lower, name);
    if (!one || !other || !same_bytes(one, other)) return false;
    if (change.mode == change.old_mode) return true;
    change.kind = Kind::mode_changed;
    return false;
}

void Walk::judge(const Folder& folder, const std::string& name, Change& change) {
    const auto refuse = [&](std::string why, bool allowable) {
        change.refusal = std::move(why);
        change.allowable = allowable;
    };
    if (folder.path.empty() && folded(name).substr(0, commit_folder_prefix.size()) == commit_folder_prefix)
        return refuse("name that commit keeps for itself", false);
    if (change.type == Type::special) return refuse("no file, folder or link", false);
    if (change.type == Type::file) {
        if (change.size > options_.file_bytes_max) return refuse("larger than a file may be", false);
        if (!open_file(folder.upper->get(), name)) return refuse("file that cannot be read", false);
    }
    const std::string reason = options_.protect.reason(change);
    if (!reason.empty()) return refuse("protected: " + reason, true);
    if (!folder.in_git && makes_a_repository(folded(name)) && is_repository(folder))
        return refuse("protected: git repository under another name", true);
    if (change.type != Type::link) return;
    const std::string why = leaves_tree(change.path, link_target(folder.upper->get(), name));
    if (!why.empty()) refuse(why, true);
}

// True if git, started in this folder, would take it for a bare repository and obey its configuration.
bool Walk::is_repository(const Folder& folder) {
    const auto has = [&](const char* name) {
        if (const auto now = look_at(folder.upper->get(), name))
            return !is_whiteout(options_.marks, opaque_, folder.upper->get(), name, *now);
        return folder.lower != nullptr && look_at(folder.lower->get(), name).has_value();
    };
    return has("HEAD") && (has("commondir") || (has("objects") && has("refs")));
}

std::vector<Change> Walk::take() {
    std::sort(changes_.begin(), changes_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    carry_refusals(changes_);
    return std::move(changes_);
}

}  // namespace

std::vector<Change> diff(const Fd& upper, const Fd& lower, const DiffOptions& options) {
    Walk walk(options);
    walk.visit({&upper, &lower, "", 0, false, false});
    return walk.take();
}

}  // namespace heddle::sandbox::changes
