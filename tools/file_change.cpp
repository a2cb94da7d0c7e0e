// tools/file_change.cpp: A nameless file, its bytes on disk, and then one link or one rename.
#include "tools/file_change.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "tools/error.h"

namespace heddle::tools {

namespace {

using sandbox::Fd;

constexpr int names_max = 64;  // of files in the making in one folder

[[noreturn]] void refuse(const char* doing, const std::string& shown, int error) {
    throw Error(fmt::format("cannot {} {}: {}", doing, shown, std::strerror(error)));
}

// Whoever makes such a name holds a lock on the file, which the kernel drops when he dies.
void clean_if_left(int folder, const std::string& name) {
    const Fd file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    Stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) ::unlinkat(folder, name.c_str(), 0);
}

// A name of this folder that `make` could give to something; `make` returns 0, or sets errno.
template <class Make>
std::string passing_name(int folder, const std::string& shown, const Make& make) {
    for (int i = 0; i < names_max; ++i) {
        const std::string name = fmt::format(".heddle-new-{}", i);
        for (int tries = 0; tries < 2; ++tries) {
            if (make(name.c_str()) == 0) return name;
            if (errno != EEXIST) refuse("write", shown, errno);
            clean_if_left(folder, name);
        }
    }
    throw Error(fmt::format("cannot write {}: its folder is full of names like .heddle-new-0", shown));
}

int link_nameless(const Fd& file, int folder, const char* name) {
    return ::linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", file.get()).c_str(), folder, name, AT_SYMLINK_FOLLOW);
}

void write_all(const Fd& file, std::string_view bytes, const std::string& shown) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse("write", shown, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void give_to_owner_of_folder(int folder, int made, const std::string& shown) {
    Stat above{};
    if (::geteuid() != 0) return;
    if (::fstat(folder, &above) != 0 || ::fchownat(made, "", above.st_uid, above.st_gid, AT_EMPTY_PATH) != 0)
        refuse("give its folder's owner to", shown, errno);
}

void set_looks(const Fd& file, const Target& target, const FileLooks& looks, const std::string& shown) {
    const std::optional<Stat>& like = looks.like ? looks.like : target.status;
    Stat status{};
    if (!like) {
        give_to_owner_of_folder(target.folder.get(), file.get(), shown);
    } else if (::geteuid() == 0) {
        if (::fchown(file.get(), like->st_uid, like->st_gid) != 0) refuse("keep the owner of", shown, errno);
    } else if (like->st_uid != ::geteuid()) {
        throw Error(fmt::format("{} belongs to another user, which a new file would not", shown));
    } else {
        (void)::fchown(file.get(), static_cast<uid_t>(-1), like->st_gid);  // a group that he is not in cannot be kept
    }
    if (!like && !looks.executable) return;  // as the umask has it
    if (::fstat(file.get(), &status) != 0) refuse("look at", shown, errno);
    // Without set-id bits, as after any other's write: the new bytes are not what its owner had trusted.
    mode_t mode = (like ? like->st_mode : status.st_mode) & 01777;
    if (looks.executable) mode = *looks.executable ? mode | ((mode & 0444) >> 2) : mode & ~static_cast<mode_t>(0111);
    if (::fchmod(file.get(), mode) != 0) refuse("keep the mode of", shown, errno);
}

void demand_unchanged(const Target& target, const std::string& shown) {
    if (!target.missing.empty()) return;  // that its name is free shows when it is given
    Stat now{};
    const bool is_there = ::fstatat(target.folder.get(), target.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
    const auto& was = target.status;
    const bool same = !was ? !is_there
                           : is_there && now.st_dev == was->st_dev && now.st_ino == was->st_ino &&
                                 now.st_size == was->st_size && now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
                                 now.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
    if (!same) throw Error(fmt::format("{} was changed by somebody else meanwhile; read it again", shown));
}

}  // namespace

struct FileChange::State {
    enum class Kind { write, remove, move };
    Kind kind;
    Target target;             // moved: from where
    std::optional<Target> to;  // moved: to where
    std::string shown;
    Fd fresh;                // the new bytes
    std::string fresh_name;  // in target.folder, where it has one
    Fd kept;                 // what was there, locked as long as it bears a name of ours
    std::string kept_name;
    std::vector<std::pair<Fd, std::string>> made;  // folders, and where
    bool is_applied = false;

    State(Kind what, Target where, std::string name) : kind(what), target(std::move(where)), shown(std::move(name)) {}
    ~State() {
        for (const auto* name : {&fresh_name, &kept_name})
            if (!name->empty()) ::unlinkat(folder(), name->c_str(), 0);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    int folder() const { return target.folder.get(); }
    void prepare(std::string_view bytes, const FileLooks& looks);
    Fd make_folders(const Target& wanted);
    void put_new();
    void put_in_place();
    void keep(bool linked);
    void move_to(const Target& wanted);
    void drop_folders() noexcept;
};

void FileChange::State::prepare(std::string_view bytes, const FileLooks& looks) {
    fresh = Fd(::openat(folder(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    if (!fresh) {
        if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) refuse("write", shown, errno);
        fresh_name = passing_name(folder(), shown, [&](const char* name) {
            fresh = Fd(::openat(folder(), name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666));
            return fresh ? 0 : -1;
        });
    }
    (void)::flock(fresh.get(), LOCK_EX | LOCK_NB);
    write_all(fresh, bytes, shown);
    set_looks(fresh, target, looks, shown);
    if (::fsync(fresh.get()) != 0) refuse("write", shown, errno);
}

// Another file of the same patch may have made a folder before.
Fd FileChange::State::make_folders(const Target& wanted) {
    Fd last(::openat(wanted.folder.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (const auto& name : wanted.missing) {
        const bool made_now = ::mkdirat(last.get(), name.c_str(), 0777) == 0;
        if (!made_now && errno != EEXIST) refuse("make the folder of", shown, errno);
        Fd next(::openat(last.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!next) refuse("make the folder of", shown, errno);
        if (made_now) {
            made.emplace_back(Fd(::fcntl(last.get(), F_DUPFD_CLOEXEC, 0)), name);
            give_to_owner_of_folder(last.get(), next.get(), shown);
        }
        last = std::move(next);
    }
    if (!last) refuse("open the folder of", shown, errno);
    return last;
}

void FileChange::State::put_new() {
    const Fd last = make_folders(target);
    const int put = fresh_name.empty()
                        ? link_nameless(fresh, last.get(), target.name.c_str())
                        : ::renameat2(folder(), fresh_name.c_str(), last.get(), target.name.c_str(), RENAME_NOREPLACE);
    if (put != 0) refuse("write", shown, errno);
    fresh_name.clear();
}

void FileChange::State::put_in_place() {
    if (fresh_name.empty())
        fresh_name =
            passing_name(folder(), shown, [&](const char* name) { return link_nameless(fresh, folder(), name); });
    if (::renameat(folder(), fresh_name.c_str(), folder(), target.name.c_str()) != 0) refuse("write", shown, errno);
    fresh_name.clear();
}

// Under a second name, or under that alone.
void FileChange::State::keep(bool linked) {
    const char* const name = target.name.c_str();
    kept = Fd(::openat(folder(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (kept) (void)::flock(kept.get(), LOCK_SH | LOCK_NB);
    kept_name = passing_name(folder(), shown, [&](const char* other) {
        return linked ? ::linkat(folder(), name, folder(), other, 0)
                      : ::renameat2(folder(), name, folder(), other, RENAME_NOREPLACE);
    });
}

void FileChange::State::move_to(const Target& wanted) {
    const Fd last = make_folders(wanted);
    if (::renameat2(folder(), target.name.c_str(), last.get(), wanted.name.c_str(), RENAME_NOREPLACE) != 0)
        refuse("move", shown, errno);
}

void FileChange::State::drop_folders() noexcept {
    while (!made.empty()) {
        ::unlinkat(made.back().first.get(), made.back().second.c_str(), AT_REMOVEDIR);  // if nobody put something there
        made.pop_back();
    }
}

FileChange FileChange::write(Target target, std::string_view bytes, std::string shown, const FileLooks& looks) {
    auto state = std::make_unique<State>(State::Kind::write, std::move(target), std::move(shown));
    state->prepare(bytes, looks);
    return FileChange(std::move(state));
}

FileChange FileChange::remove(Target target, std::string shown) {
    return FileChange(std::make_unique<State>(State::Kind::remove, std::move(target), std::move(shown)));
}

FileChange FileChange::move(Target from, Target to, std::string shown) {
    auto state = std::make_unique<State>(State::Kind::move, std::move(from), std::move(shown));
    state->to = std::move(to);
    return FileChange(std::move(state));
}

void FileChange::apply(bool undoable) {
    State& state = *state_;
    demand_unchanged(state.target, state.shown);
    if (state.to) demand_unchanged(*state.to, state.shown);
    try {
        switch (state.kind) {
            case State::Kind::write:
                if (state.target.status && undoable) state.keep(true);
                state.target.status ? state.put_in_place() : state.put_new();
                break;
            case State::Kind::remove:
                if (undoable)
                    state.keep(false);
                else if (::unlinkat(state.folder(), state.target.name.c_str(), 0) != 0)
                    refuse("remove", state.shown, errno);
                break;
            case State::Kind::move:
                state.move_to(*state.to);
                break;
        }
    } catch (...) {
        state.drop_folders();
        throw;
    }
    state.is_applied = true;
}

void FileChange::undo() {
    State& state = *state_;
    if (!state.is_applied) return;
    const char* const name = state.target.name.c_str();
    if (!state.kept_name.empty()) {
        const std::string kept = std::exchange(state.kept_name, "");
        if (::renameat(state.folder(), kept.c_str(), state.folder(), name) != 0)
            throw Error(
                fmt::format("cannot bring {} back, it lies beside as {}: {}", state.shown, kept, std::strerror(errno)));
    } else {
        const Target& put = state.to ? *state.to : state.target;
        Fd folder(::openat(put.folder.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
        for (const auto& missing : put.missing)
            folder = Fd(::openat(folder.get(), missing.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        const int undone = state.to
                               ? ::renameat2(folder.get(), put.name.c_str(), state.folder(), name, RENAME_NOREPLACE)
                               : ::unlinkat(folder.get(), put.name.c_str(), 0);
        if (undone != 0) refuse("take back", state.shown, errno);
    }
    state.is_applied = false;
    state.drop_folders();
}

void FileChange::finish() noexcept {
    State& state = *state_;
    if (!state.kept_name.empty()) ::unlinkat(state.folder(), state.kept_name.c_str(), 0);
    state.kept_name.clear();
    const Fd folder(::openat(state.folder(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder) ::fsync(folder.get());
}

FileChange::FileChange(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileChange::FileChange(FileChange&&) noexcept = default;
FileChange& FileChange::operator=(FileChange&&) noexcept = default;

FileChange::~FileChange() = default;

}  // namespace heddle::tools
