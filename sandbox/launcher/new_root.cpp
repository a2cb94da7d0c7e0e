// sandbox/launcher/new_root.cpp: Calls with their failures named.
#include "sandbox/launcher/new_root.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/fd.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

void make_folder(const std::string& path, mode_t mode) {
    constexpr mode_t masked = 022;  // as the launcher has its umask
    if (::mkdir(path.c_str(), mode) == 0) {
        if ((mode & masked) == 0 || ::chmod(path.c_str(), mode) == 0) return;
    } else if (errno == EEXIST) {
        return;
    }
    throw SetupError(Step::mounts, "make the folder /" + path, errno);
}

void make_empty_file(const std::string& path) {
    if (::mknod(path.c_str(), S_IFREG | 0644, 0) != 0) throw SetupError(Step::mounts, "make the file /" + path, errno);
}

void write_file(const std::string& path, const std::string& content) {
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) throw SetupError(Step::mounts, "make the file /" + path, errno);
    errno = EIO;  // of a write that is cut short, and sets none
    if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()))
        throw SetupError(Step::mounts, "write /" + path, errno);
}

void make_link(const std::string& target, const std::string& path) {
    if (::symlink(target.c_str(), path.c_str()) != 0) throw SetupError(Step::mounts, "make the link /" + path, errno);
}

}  // namespace heddle::sandbox
