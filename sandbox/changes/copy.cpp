// sandbox/changes/copy.cpp: Walks the data of a file from hole to hole.
#include "sandbox/changes/copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "sandbox/error.h"

namespace heddle::sandbox::changes {

namespace {

constexpr std::size_t part = 256 * 1024;

// Up to `size` bytes, fewer only at the end of the file.
std::size_t read_at(const Fd& file, char* to, std::size_t size, off_t at) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count = ::pread(file.get(), to + done, size - done, at + static_cast<off_t>(done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error("read a file of the workspace", errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

void write_at(const Fd& file, const char* from, std::size_t size, off_t at) {
    while (size > 0) {
        const ssize_t count = ::pwrite(file.get(), from, size, at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error("write a file of the workspace", errno);
        from += count;
        size -= static_cast<std::size_t>(count);
        at += count;
    }
}

void copy_through_here(const Fd& from, const Fd& to, off_t at, off_t end) {
    std::vector<char> buffer(part);
    while (at < end) {
        const std::size_t size = read_at(from, buffer.data(), std::min<std::size_t>(part, end - at), at);
        if (size == 0) return;  // cut short meanwhile
        write_at(to, buffer.data(), size, at);
        at += static_cast<off_t>(size);
    }
}

void copy_range(const Fd& from, const Fd& to, off_t at, off_t end) {
    while (at < end) {
        off_t read_from = at, write_to = at;
        const ssize_t count =
            ::copy_file_range(from.get(), &read_from, to.get(), &write_to, static_cast<std::size_t>(end - at), 0);
        if (count < 0 && errno == EINTR) continue;
        // Not between these file systems, or not on this one: then it is not for lack of space, and bytes do.
        if (count < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
            return copy_through_here(from, to, at, end);
        if (count < 0) throw Error("copy a file of the workspace", errno);
        if (count == 0) return;
        at += count;
    }
}

}  // namespace

void copy_bytes(const Fd& from, const Fd& to) {
    struct stat found {};
    if (::fstat(from.get(), &found) != 0) throw Error("look at a file of the workspace", errno);
    if (::ftruncate(to.get(), found.st_size) != 0) throw Error("size a file of the workspace", errno);
    for (off_t at = 0; at < found.st_size;) {
        const off_t data = ::lseek(from.get(), at, SEEK_DATA);
        if (data < 0 && errno == ENXIO) return;  // only a hole is left
        if (data < 0) return copy_range(from, to, at, found.st_size);
        const off_t hole = ::lseek(from.get(), data, SEEK_HOLE);
        if (hole < 0) throw Error("find the end of a file's data", errno);
        copy_range(from, to, data, hole);
        at = hole;
    }
}

bool same_bytes(const Fd& one, const Fd& other) {
    std::vector<char> left(part), right(part);
    for (off_t at = 0;; at += static_cast<off_t>(part)) {
        const std::size_t size = read_at(one, left.data(), part, at);
        if (read_at(other, right.data(), part, at) != size) return false;
        if (std::memcmp(left.data(), right.data(), size) != 0) return false;
        if (size < part) return true;
    }
}

}  // namespace heddle::sandbox::changes
