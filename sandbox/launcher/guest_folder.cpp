// sandbox/launcher/guest_folder.cpp: mkdtemp, flock, and a sweep of what nobody holds any more.
#include "sandbox/launcher/guest_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "sandbox/changes/tree.h"
#include "sandbox/error.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

constexpr const char* parent = "/var/tmp";  // on disk, unlike many a /tmp: copies of workspaces may be large
constexpr std::string_view prefix = "heddle-guest-";

bool is_ours(const Fd& folder) {
    struct stat found {};
    return ::fstat(folder.get(), &found) == 0 && found.st_uid == ::geteuid() && found.st_nlink > 0;
}

Fd open_folder(const std::string& path) {
    return Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

}  // namespace

void remove_folder(const std::string& path) {
    try {
        if (const Fd folder = open_folder(path)) changes::remove_content(folder.get());
        ::rmdir(path.c_str());  // also where no descriptor was left to look into it
    } catch (const Error&) {
        // A later sweep tries again.
    }
}

// Whose lock can be had is whose owner has ended.
void GuestFolder::sweep() {
    const Fd place = open_folder(parent);
    if (!place) return;
    for (const auto& name : changes::names_in(place.get())) {
        if (name.substr(0, prefix.size()) != prefix) continue;
        const Fd left = changes::open_folder(place.get(), name);
        if (left && is_ours(left) && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0)
            remove_folder(std::string(parent) + "/" + name);
    }
}

GuestFolder GuestFolder::make() {
    constexpr int tries = 100;
    for (int i = 0; i < tries; ++i) {
        GuestFolder made;
        std::string path = std::string(parent) + "/" + std::string(prefix) + "XXXXXX";
        if (::mkdtemp(path.data()) == nullptr)
            throw SetupError(Step::workspace, "make a folder for the guest in /var/tmp", errno);
        made.path_ = path;
        made.lock_ = open_folder(path);
        if (!made.lock_ && errno != ENOENT)
            throw SetupError(Step::workspace, "open the guest's folder in /var/tmp", errno);
        // Another's sweep may have come between; then what was made is gone, or about to be.
        if (!made.lock_ || ::flock(made.lock_.get(), LOCK_EX | LOCK_NB) != 0 || !is_ours(made.lock_)) continue;
        // The guest passes through to its own folders in it, and knows their names.
        check(::fchmod(made.lock_.get(), 0711), Step::workspace, "let the guest into its folder");
        return made;
    }
    throw SetupError(Step::workspace, "make a folder for the guest in /var/tmp: each was taken away at once", EBUSY);
}

GuestFolder& GuestFolder::operator=(GuestFolder&& other) noexcept {
    if (this != &other) {
        remove();
        path_ = std::exchange(other.path_, "");
        lock_ = std::move(other.lock_);
    }
    return *this;
}

void GuestFolder::remove() {
    if (!path_.empty() && is_ours(lock_)) remove_folder(path_);  // else its borrower has done so
    path_.clear();
    lock_.reset();
}

}  // namespace heddle::sandbox
