// engine/io/new_file.cpp: Write, flush to the disk, rename, flush the folder: in this order.
#include "engine/io/new_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "engine/error.h"

namespace heddle::engine {

namespace {

// Two writers of one name, in one process or in two, have two files.
std::filesystem::path temporary_of(const std::filesystem::path& path) {
    static std::atomic<unsigned> count{0};
    return fmt::format("{}.{}-{}{}", path.string(), ::getpid(), count.fetch_add(1), NewFile::temporary_suffix);
}

}  // namespace

NewFile::NewFile(std::filesystem::path path) : path_(std::move(path)), temporary_(temporary_of(path_)) {
    const int descriptor = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) fail("create");
    file_.reset(::fdopen(descriptor, "wb"));
    if (file_ == nullptr) fail("open");
}

NewFile::~NewFile() {
    if (file_ == nullptr) return;
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
}

void NewFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(::fileno(file_.get()), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("write");
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void NewFile::commit() {
    if (::fsync(::fileno(file_.get())) != 0) fail("flush");
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename");
    file_.reset();
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const Handle handle(descriptor < 0 ? nullptr : ::fdopen(descriptor, "rb"));
    if (handle == nullptr || ::fsync(descriptor) != 0) fail("flush the folder of");
}

void NewFile::fail(const char* doing) const {
    throw Error(fmt::format("cannot {} {}: {}", doing, path_.string(), std::strerror(errno)));
}

}  // namespace heddle::engine
