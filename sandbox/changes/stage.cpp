// sandbox/changes/stage.cpp: Copies files, folders and links out of the upper layer, and orders the steps.
#include "sandbox/changes/stage.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Kind = Change::Kind;
using Type = Change::Type;
using Owner = std::pair<uid_t, gid_t>;

constexpr uid_t keep_uid = static_cast<uid_t>(-1);
constexpr gid_t keep_gid = static_cast<gid_t>(-1);

class Stage {
 public:
    Stage(const Fd& upper, const Fd& root, const Fd& slots, const OwnerOf& owner)
        : upper_(upper), root_(root), slots_(slots), owner_(owner) {}

    Staged run(std::span<const Change> changes);

 private:
    void leave(const Change& change);   // what the host has goes to a slot
    void arrive(const Change& change);  // what the guest has comes from a slot
    void set_mode(const std::string& path, mode_t mode, mode_t new_mode, std::int64_t modified);
    std::uint64_t write(const Change& change, unsigned slot);
    void write_file(const Place& from, const Stat& found, const std::string& slot, const Owner& owner);
    Owner owner_of(const Change& change, const Stat& found);
    Stat on_host(const std::string& path) const;

    const Fd& upper_;
    const Fd& root_;
    const Fd& slots_;
    const OwnerOf& owner_;
    unsigned slot_ = 0;
    std::map<std::string, Owner, std::less<>> new_folders_;
    Staged staged_;
};

// A repository that was removed and made anew: its content says all.
bool stays_folder(const Change& change) {
    return change.kind == Kind::type_changed && change.type == Type::folder && change.was_folder;
}

bool comes_as_folder(const Change& change) {
    return change.type == Type::folder && !change.was_folder &&
           (change.kind == Kind::added || change.kind == Kind::type_changed);
}

Staged Stage::run(std::span<const Change> changes) {
    // A folder that its owner may not change is opened before, and gets its mode when all is in it.
    const auto is_mode_of_folder = [](const Change& c) {
        return c.kind == Kind::mode_changed && c.type == Type::folder;
    };
    for (const auto& change : changes) {
        if (!is_mode_of_folder(change)) continue;
        const mode_t mode = on_host(change.path).st_mode & 07777;
        if ((mode & 0700) != 0700) set_mode(change.path, mode, mode | 0700, 0);
    }
    for (const auto& change : changes)
        if (change.kind == Kind::deleted && !change.was_folder) leave(change);
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
        if (change->was_folder && !stays_folder(*change)) leave(*change);
    for (const auto& change : changes)
        if (change.kind != Kind::deleted && !is_mode_of_folder(change)) arrive(change);
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        if (!comes_as_folder(*change) && !is_mode_of_folder(*change)) continue;
        const bool comes = comes_as_folder(*change);
        const Place from = place_of(upper_.get(), change->path);
        const auto found = look_at(from.folder.get(), from.name);
        if (!found) throw Error("read " + printable(change->path) + " from the workspace: it is gone");
        // Set-id and sticky bits of the host's folder stay; the guest's are not taken.
        const mode_t mode = comes ? 0 : on_host(change->path).st_mode & 07777;
        set_mode(change->path, comes ? change->mode | 0700 : mode | 0700, (mode & 07000) | change->mode,
                 comes ? nanoseconds(found->st_mtim) : 0);
    }
    return std::move(staged_);
}

Stat Stage::on_host(const std::string& path) const {
    const Place place = place_of(root_.get(), path);
    const auto found = look_at(place.folder.get(), place.name);
    if (!found) throw Error("find " + printable(path) + " on the host: it is gone");
    return *found;
}

void Stage::set_mode(const std::string& path, mode_t mode, mode_t new_mode, std::int64_t modified) {
    Step step;
    step.kind = Step::Kind::set_mode;
    step.path = path;
    step.mode = mode;
    step.new_mode = new_mode;
    step.modified = modified;
    staged_.plan.push_back(std::move(step));
}

void Stage::leave(const Change& change) {
    const Stat found = on_host(change.path);
    Step step;
    step.path = change.path;
    if (change.was_folder) {
        step.kind = Step::Kind::remove_folder;
        step.mode = found.st_mode & 07777;
        step.uid = found.st_uid;
        step.gid = found.st_gid;
        step.modified = nanoseconds(found.st_mtim);
    } else {
        step.kind = Step::Kind::take;
        step.slot = slot_++;
        staged_.kept[step.slot] = {found.st_ino, nanoseconds(found.st_mtim), found.st_size};
    }
    staged_.plan.push_back(std::move(step));
}

void Stage::arrive(const Change& change) {
    if (stays_folder(change)) return;
    Step step;
    step.path = change.path;
    step.slot = slot_++;
    step.inode = write(change, step.slot);
    step.folder = change.type == Type::folder;
    const bool replaces = change.kind != Kind::added && !change.was_folder;
    step.kind = replaces ? Step::Kind::exchange : Step::Kind::place;
    if (replaces) {
        const Stat found = on_host(change.path);
        staged_.kept[step.slot] = {found.st_ino, nanoseconds(found.st_mtim), found.st_size};
    }
    staged_.plan.push_back(std::move(step));
}

bool is_member(gid_t group) {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

Owner Stage::owner_of(const Change& change, const Stat& found) {
    const std::string folder(parent_of(change.path));
    const auto new_folder = new_folders_.find(folder);
    const auto parent = [&] {
        Stat above{};
        const Fd held = open_beneath(root_.get(), folder, O_PATH | O_DIRECTORY);
        if (!held || ::fstat(held.get(), &above) != 0)
            throw Error("look at the host's folder of " + printable(change.path), errno);
        return above;
    };
    if (::geteuid() != 0) {
        // Only the group can be given: what the host had keeps it, where this user is in it; what is new gets what the
        // host's folder hands down.
        if (change.kind != Kind::added) {
            const gid_t group = on_host(change.path).st_gid;
            return {keep_uid, is_member(group) ? group : keep_gid};
        }
        if (new_folder != new_folders_.end()) return new_folder->second;
        const Stat above = parent();
        return {keep_uid, (above.st_mode & S_ISGID) != 0 ? above.st_gid : keep_gid};
    }
    if (change.kind != Kind::added) {
        const Stat before = on_host(change.path);
        return {before.st_uid, before.st_gid};
    }
    if (owner_) return owner_(found.st_uid, found.st_gid);
    if (new_folder != new_folders_.end()) return new_folder->second;
    const Stat above = parent();
    return {above.st_uid, above.st_gid};
}

std::uint64_t Stage::write(const Change& change, unsigned slot) {
    const std::string name = std::to_string(slot), doing = "stage " + printable(change.path);
    const Place from = place_of(upper_.get(), change.path);
    const auto found = look_at(from.folder.get(), from.name);
    if (!found || found->st_ino != change.inode || nanoseconds(found->st_ctim) != change.touched)
        throw Error(doing + ": it changed while it was committed; end the guest first");
    const Owner owner = owner_of(change, *found);
    if (change.type == Type::file) {
        write_file(from, *found, name, owner);
    } else {
        const bool folder = change.type == Type::folder;
        const int made =
            folder ? ::mkdirat(slots_.get(), name.c_str(), 0700)
                   : ::symlinkat(link_target(from.folder.get(), from.name).c_str(), slots_.get(), name.c_str());
        if (made != 0) throw Error(doing, errno);
        if ((owner.first != keep_uid || owner.second != keep_gid) &&
            ::fchownat(slots_.get(), name.c_str(), owner.first, owner.second, AT_SYMLINK_NOFOLLOW) != 0)
            throw Error(doing + ": give it to its owner", errno);
        if (folder && ::fchmodat(slots_.get(), name.c_str(), change.mode | 0700, 0) != 0)
            throw Error(doing + ": set its mode", errno);
        if (folder) new_folders_[change.path] = owner;
        const timespec times[2] = {{0, UTIME_OMIT}, found->st_mtim};
        if (::utimensat(slots_.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
            throw Error(doing + ": set its time", errno);
    }
    const auto made = look_at(slots_.get(), name);
    if (!made) throw Error(doing + ": it is gone");
    return made->st_ino;
}

void Stage::write_file(const Place& from, const Stat& found, const std::string& slot, const Owner& owner) {
    const std::string doing = "stage " + printable(from.name);
    const Fd source = open_file(from.folder.get(), from.name);
    if (!source) throw Error(doing, errno);
    const Fd to(::openat(slots_.get(), slot.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to) throw Error(doing, errno);
    copy_bytes(source, to);
    Stat after{};
    if (::fstat(source.get(), &after) != 0 || after.st_ino != found.st_ino ||
        nanoseconds(after.st_ctim) != nanoseconds(found.st_ctim))
        throw Error(doing + ": it changed while it was copied; end the guest first");
    if ((owner.first != keep_uid || owner.second != keep_gid) && ::fchown(to.get(), owner.first, owner.second) != 0)
        throw Error(doing + ": give it to its owner", errno);
    const timespec times[2] = {{0, UTIME_OMIT}, found.st_mtim};
    if (::fchmod(to.get(), found.st_mode & 0777) != 0 || ::futimens(to.get(), times) != 0)
        throw Error(doing + ": set its mode and time", errno);
}

}  // namespace

Staged stage(std::span<const Change> changes, const Fd& upper, const Fd& root, const Fd& slots, const OwnerOf& owner) {
    return Stage(upper, root, slots, owner).run(changes);
}

}  // namespace heddle::sandbox::changes
