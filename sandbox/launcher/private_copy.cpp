// sandbox/launcher/private_copy.cpp: One walk by descriptors, counted as it goes.
#include "sandbox/launcher/private_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "sandbox/changes/copy.h"
#include "sandbox/changes/tree.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

class Copying {
 public:
    Copying(std::optional<uid_t> owner, const Limits& limits)
        : owner_(owner), bytes_left_(limits.disk_bytes), files_left_(limits.disk_files) {}

    void folder(const Fd& from, const Fd& to, int depth) {
        if (depth >= changes::depth_max) throw SetupError(Step::workspace, "copy folders nested so deep", ELOOP);
        for (const auto& name : changes::names_in(from.get())) {
            const auto found = changes::look_at(from.get(), name);
            if (!found) continue;  // gone since the listing
            if (S_ISDIR(found->st_mode)) {
                count(0);
                check(::mkdirat(to.get(), name.c_str(), 0700), Step::workspace, "make a folder of the copy");
                const Fd inner = demand(changes::open_folder(from.get(), name));
                const Fd made = demand(changes::open_folder(to.get(), name));
                folder(inner, made, depth + 1);
                finish(made, *found);
            } else if (S_ISLNK(found->st_mode)) {
                count(0);
                const std::string target = changes::link_target(from.get(), name);
                check(::symlinkat(target.c_str(), to.get(), name.c_str()), Step::workspace, "make a link of the copy");
                if (owner_)
                    check(::fchownat(to.get(), name.c_str(), *owner_, *owner_, AT_SYMLINK_NOFOLLOW), Step::workspace,
                          "give the copy its owner");
            } else if (S_ISREG(found->st_mode)) {
                file(from, to, name, *found);
            }
        }
    }

    // The times last, since the content changes them.
    void finish(const Fd& made, const changes::Stat& original) const {
        if (owner_) check(::fchown(made.get(), *owner_, *owner_), Step::workspace, "give the copy its owner");
        check(::fchmod(made.get(), original.st_mode & 0777), Step::workspace, "give the copy its mode");
        const timespec times[] = {original.st_atim, original.st_mtim};
        check(::futimens(made.get(), times), Step::workspace, "give the copy its times");
    }

 private:
    void file(const Fd& from, const Fd& to, const std::string& name, const changes::Stat& found) {
        count(static_cast<std::uint64_t>(found.st_blocks) * 512);
        const Fd source = demand(changes::open_file(from.get(), name));
        const Fd made =
            demand(Fd(::openat(to.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)));
        changes::copy_bytes(source, made);
        finish(made, found);
    }

    void count(std::uint64_t bytes) {
        if (files_left_ == 0 || bytes > bytes_left_)
            throw SetupError(Step::workspace, "copy so large a workspace; raise the limits disk_mb and inodes", ENOSPC);
        --files_left_;
        bytes_left_ -= bytes;
    }

    static Fd demand(Fd opened) {
        if (!opened) throw SetupError(Step::workspace, "open a file of the workspace for its copy", errno);
        return opened;
    }

    std::optional<uid_t> owner_;
    std::uint64_t bytes_left_, files_left_;
};

}  // namespace

void copy_workspace(const Fd& from, const Fd& to, std::optional<uid_t> owner, const Limits& limits) {
    struct stat root {};
    check(::fstat(from.get(), &root), Step::workspace, "look at the workspace");
    Copying copying(owner, limits);
    copying.folder(from, to, 0);
    copying.finish(to, root);
}

}  // namespace heddle::sandbox
