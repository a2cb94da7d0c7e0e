// sandbox/changes/swap.cpp: Renames between the workspace and commit's own folder, each of them atomic.
#include "sandbox/changes/swap.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Kind = Step::Kind;

struct Ends {
    Place place;
    int slots;
    std::string slot;
};

int put(const Ends& ends) {
    return ::renameat2(ends.slots, ends.slot.c_str(), ends.place.folder.get(), ends.place.name.c_str(),
                       RENAME_NOREPLACE);
}

int take(const Ends& ends) {
    return ::renameat2(ends.place.folder.get(), ends.place.name.c_str(), ends.slots, ends.slot.c_str(),
                       RENAME_NOREPLACE);
}

int exchange(const Ends& ends) {
    return ::renameat2(ends.slots, ends.slot.c_str(), ends.place.folder.get(), ends.place.name.c_str(),
                       RENAME_EXCHANGE);
}

int remove_folder(const Ends& ends) {
    return ::unlinkat(ends.place.folder.get(), ends.place.name.c_str(), AT_REMOVEDIR);
}

// Sets mode, and time unless it is 0, of a folder; through a descriptor, so that no link is followed.
int set_folder(const Ends& ends, mode_t mode, std::int64_t modified) {
    const Fd folder =
        Fd(::openat(ends.place.folder.get(), ends.place.name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return -1;
    const std::string path = fmt::format("/proc/self/fd/{}", folder.get());
    if (modified != 0) {
        const timespec times[2] = {{0, UTIME_OMIT}, {modified / 1'000'000'000, modified % 1'000'000'000}};
        if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return -1;
    }
    return ::chmod(path.c_str(), mode);
}

int carry_out(const Step& step, const Ends& ends) {
    switch (step.kind) {
        case Kind::take:
            return take(ends);
        case Kind::place:
            return put(ends);
        case Kind::exchange:
            return exchange(ends);
        case Kind::remove_folder:
            return remove_folder(ends);
        case Kind::set_mode:
            return set_folder(ends, step.new_mode, step.modified);
    }
    return -1;
}

bool is_empty(const Ends& ends) {
    const Fd folder = open_folder(ends.place.folder.get(), ends.place.name);
    return folder && names_in(folder.get()).empty();
}

// Each returns "" or why it stays.
std::string undo_arrival(const Step& step, const Ends& ends) {
    const auto in_slot = look_at(ends.slots, ends.slot);
    const auto in_place = look_at(ends.place.folder.get(), ends.place.name);
    if (in_slot && in_slot->st_ino == step.inode) return "";  // never came
    const bool ours = in_place && in_place->st_ino == step.inode;
    if (step.kind == Kind::place) {
        if (!ours) return "";  // gone or replaced by the host: nothing of the old is lost
        if (step.folder && !is_empty(ends)) return "the folder has got other content";
        return take(ends) == 0 ? "" : "it cannot be taken back";
    }
    if (!in_slot) return "";  // undone before
    if (!in_place) return put(ends) == 0 ? "" : "the original cannot be put back";
    if (!ours || (step.folder && !is_empty(ends))) return "the host has changed it meanwhile";
    return exchange(ends) == 0 ? "" : "the original cannot be put back";
}

std::string undo_departure(const Step& step, const Ends& ends) {
    if (step.kind == Kind::take) {
        if (!look_at(ends.slots, ends.slot)) return "";
        return put(ends) == 0 ? "" : "the original cannot be put back";
    }
    if (::mkdirat(ends.place.folder.get(), ends.place.name.c_str(), 0700) == 0) {
        const bool owned =
            ::fchownat(ends.place.folder.get(), ends.place.name.c_str(), step.uid, step.gid, AT_SYMLINK_NOFOLLOW) == 0;
        return owned || ::geteuid() != 0 ? "" : "the folder is back, but not its owner";
    }
    return errno == EEXIST ? "" : "the folder cannot be made again";
}

}  // namespace

void apply(const Plan& plan, const Fd& root, const Fd& slots, const std::function<void()>& before) {
    for (const Step& step : plan) {
        if (before) before();
        const Ends ends{place_of(root.get(), step.path), slots.get(), std::to_string(step.slot)};
        if (carry_out(step, ends) == 0) continue;
        if (errno == EINVAL)
            throw Error("commit " + printable(step.path) +
                        ": this file system cannot rename without overwriting; keep the workspace on a local one");
        throw Error("commit " + printable(step.path) + " to the workspace", errno);
    }
}

std::vector<std::string> undo(const Plan& plan, const Fd& root, const Fd& slots) {
    std::vector<std::string> left;
    const auto each = [&](auto&& work) {
        for (auto step = plan.rbegin(); step != plan.rend(); ++step) {
            // A folder of the path that is not there is one that never came, or that the host has removed.
            Place place;
            try {
                place = place_of(root.get(), step->path);
            } catch (const Error& error) {
                const auto in_slot = look_at(slots.get(), std::to_string(step->slot));
                const bool holds_old = in_slot && (step->kind == Kind::take ||
                                                   (step->kind == Kind::exchange && in_slot->st_ino != step->inode));
                if (holds_old) left.emplace_back(error.what());
                continue;
            }
            const std::string why = work(*step, Ends{std::move(place), slots.get(), std::to_string(step->slot)});
            if (!why.empty()) left.push_back(printable(step->path) + ": " + why);
        }
    };
    each([](const Step& step, const Ends& ends) -> std::string {
        if (step.kind == Kind::place || step.kind == Kind::exchange) return undo_arrival(step, ends);
        if (step.kind == Kind::take || step.kind == Kind::remove_folder) return undo_departure(step, ends);
        // The folder may be one that never came.
        return set_folder(ends, step.mode, 0) == 0 || errno == ENOENT || errno == ENOTDIR
                   ? ""
                   : "its mode cannot be given back";
    });
    // Only now, as a folder without w takes nothing back, and as what came back moved the time.
    each([](const Step& step, const Ends& ends) -> std::string {
        if (step.kind != Kind::remove_folder) return "";
        return set_folder(ends, step.mode, step.modified) == 0 ? "" : "the folder's mode and time cannot be given back";
    });
    return left;
}

}  // namespace heddle::sandbox::changes
