// sandbox/changes/copy_tree.cpp: One walk down, counted as it goes; a folder's mode and times come after its content.
#include "sandbox/changes/copy_tree.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/tree.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

class Copying {
 public:
    explicit Copying(const CopyTerms& terms) : terms_(terms) {}

    void content(const Fd& from, const Fd& to, const std::string& path, int depth);
    // Mode, owner and times of what was made, or of a link of this name in it.
    void finish(const Fd& made, const std::string& link, const Stat& original) const;
    std::size_t left_out() const { return left_out_; }

 private:
    void entry(const Fd& from, const Fd& to, const std::string& path, const std::string& name, const Stat& found,
               int depth);
    // What was made of an entry, or that nothing was.
    void note(const std::string& folder, CopyRecord::Made made) const;
    bool is_left_out(const Fd& opened, const std::string& name);
    void count(const Stat& found);

    const CopyTerms& terms_;
    std::uint64_t bytes_ = 0, files_ = 0;
    std::size_t left_out_ = 0;
};

void must(int result, const char* doing, const std::string& name) {
    if (result != 0) throw Error(fmt::format("{} {}", doing, printable(name)), errno);
}

void Copying::count(const Stat& found) {
    constexpr std::uint64_t block = 512;
    bytes_ += S_ISREG(found.st_mode) ? static_cast<std::uint64_t>(found.st_blocks) * block : 0;
    ++files_;
    if (bytes_ > terms_.bytes_max)
        throw TooLarge(
            fmt::format("it holds more than {} MiB; allow more (--disk, limits.disk_mb)", terms_.bytes_max >> 20));
    if (files_ > terms_.files_max)
        throw TooLarge(fmt::format("it holds more than {} files; allow more (limits.inodes)", terms_.files_max));
}

bool Copying::is_left_out(const Fd& opened, const std::string& name) {
    if (opened) return false;
    if (errno != EACCES || terms_.unreadable == Unreadable::refused) must(-1, "open", name);
    ++left_out_;
    return true;
}

void Copying::finish(const Fd& made, const std::string& link, const Stat& original) const {
    const timespec times[] = {{0, UTIME_OMIT}, original.st_mtim};
    if (!link.empty()) {
        if (terms_.owner)
            must(::fchownat(made.get(), link.c_str(), *terms_.owner, *terms_.owner, AT_SYMLINK_NOFOLLOW),
                 "give its owner to the link", link);
        (void)::utimensat(made.get(), link.c_str(), times, AT_SYMLINK_NOFOLLOW);
        return;
    }
    if (terms_.owner && ::fchown(made.get(), *terms_.owner, *terms_.owner) != 0)
        throw Error("give the copy its owner", errno);
    if (::fchmod(made.get(), original.st_mode & 0777) != 0) throw Error("give the copy its modes", errno);
    if (::futimens(made.get(), times) != 0) throw Error("give the copy its times", errno);
}

void Copying::note(const std::string& folder, CopyRecord::Made made) const {
    if (terms_.record != nullptr) terms_.record->folders[folder].push_back(std::move(made));
}

void Copying::content(const Fd& from, const Fd& to, const std::string& path, int depth) {
    if (depth >= depth_max) throw Error("its folders are nested too deep");
    for (const auto& name : names_in(from.get()))
        if (const auto found = look_at(from.get(), name))  // else gone since the listing
            entry(from, to, path, name, *found, depth);
}

void Copying::entry(const Fd& from, const Fd& to, const std::string& path, const std::string& name, const Stat& found,
                    int depth) {
    bool is_empty = false;
    if (S_ISLNK(found.st_mode)) {
        count(found);
        must(::symlinkat(link_target(from.get(), name).c_str(), to.get(), name.c_str()), "make the link", name);
        finish(to, name, found);
    } else if (S_ISREG(found.st_mode)) {
        count(found);
        const Fd source = open_file(from.get(), name);
        if (is_left_out(source, name)) return note(path, {.name = name});
        const Fd made(::openat(to.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
        if (!made) must(-1, "make the file", name);
        copy_bytes(source, made);
        finish(made, "", found);
    } else if (S_ISDIR(found.st_mode)) {
        count(found);
        const Fd source = open_folder(from.get(), name);
        is_empty = is_left_out(source, name);
        must(::mkdirat(to.get(), name.c_str(), 0700), "make the folder", name);
        const Fd made = open_folder(to.get(), name);
        if (!made) must(-1, "open the folder", name);
        if (!is_empty) content(source, made, joined(path, name), depth + 1);
        finish(made, "", found);
    } else {
        return note(path, {.name = name});
    }
    if (terms_.record == nullptr) return;
    const auto made = look_at(to.get(), name);
    if (!made) throw Error("look at the copy of '" + printable(name) + "': it is gone");
    note(path, {name, made->st_ino, nanoseconds(made->st_ctim), made->st_mode, is_empty});
}

}  // namespace

std::size_t copy_tree(const Fd& from, const Fd& to, const CopyTerms& terms) {
    Stat root{};
    if (::fstat(from.get(), &root) != 0) throw Error("look at it", errno);
    Copying copying(terms);
    copying.content(from, to, "", 0);
    copying.finish(to, "", root);
    return copying.left_out();
}

}  // namespace heddle::sandbox::changes
