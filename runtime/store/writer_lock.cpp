// runtime/store/writer_lock.cpp: A lock on one byte of a lock file: one holder among all processes, freed by any death.
#include "runtime/store/writer_lock.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>
#include <cstring>

#include "runtime/error.h"

namespace heddle {

std::optional<WriterLock> WriterLock::lock(const std::filesystem::path& file, std::int64_t byte, int command) {
    File opened(std::fopen(file.c_str(), "ae"));
    if (opened == nullptr) {
        throw Error(
            fmt::format("cannot open the lock file {}: {}; check that its folder belongs to you, or set HEDDLE_HOME",
                        file.string(), std::strerror(errno)));
    }
    // A lock of the open file description, not of the process: two writers in one process exclude each other too.
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = byte;
    range.l_len = 1;
    int result = 0;
    do {
        result = ::fcntl(::fileno(opened.get()), command, &range);
    } while (result != 0 && errno == EINTR);
    if (result == 0) return WriterLock(std::move(opened));
    if (errno == EAGAIN || errno == EACCES) return std::nullopt;
    throw Error(
        fmt::format("cannot lock {}: {}; the file system has to support locks", file.string(), std::strerror(errno)));
}

std::optional<WriterLock> WriterLock::try_take(const std::filesystem::path& file, std::int64_t byte) {
    return lock(file, byte, F_OFD_SETLK);
}

WriterLock WriterLock::take(const std::filesystem::path& file, std::int64_t byte) {
    return *lock(file, byte, F_OFD_SETLKW);
}

}  // namespace heddle
