// tools/long_output.cpp: A folder made at once, files in it as they are needed.
#include "tools/long_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/printable.h"
#include "tools/clip.h"
#include "tools/error.h"

namespace heddle::tools {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void cannot_make(const fs::path& path, int error) {
    throw Error(fmt::format("cannot make the folder for long outputs {}: {}", path.string(), std::strerror(error)));
}

// The first of 1.txt, 2.txt, ... that is not there.
sandbox::Fd make_file(const OutputFolder& folder, fs::path& path) {
    for (int number = 1;; ++number) {
        const std::string name = fmt::format("{}.txt", number);
        sandbox::Fd file(
            ::openat(folder.folder().get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
        if (!file && errno == EEXIST) continue;
        if (file) path = folder.path() / name;
        return file;
    }
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& parent) {
    std::error_code error;
    fs::create_directories(parent.parent_path(), error);
    if (::mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) cannot_make(parent, errno);
    path_ = fs::canonical(parent, error);
    if (error) cannot_make(parent, error.value());
    std::string name = (path_ / "XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) cannot_make(parent, errno);
    path_ = name;
    // The guest is another user; those of the host do not come past the parent.
    if (::chmod(path_.c_str(), 0755) != 0) cannot_make(path_, errno);
    folder_ = sandbox::Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder_) cannot_make(path_, errno);
}

OutputFolder::~OutputFolder() {
    ::rmdir(path_.c_str());  // stays where it holds something
}

bool OutputFolder::holds(const fs::path& path) const {
    const fs::path below = path.lexically_normal().lexically_relative(path_);
    return !below.empty() && *below.begin() != ".." && *below.begin() != ".";
}

void LongOutput::add(std::string_view bytes) {
    total_ += bytes.size();
    if (folder_ == nullptr || error_ != 0) return;
    if (!out_) {
        begun_ += bytes;
        if (begun_.size() <= text_bytes_max) return;
        out_ = make_file(*folder_, file_);
        if (!out_) error_ = errno;
        write(begun_);
        begun_.clear();
        return;
    }
    write(bytes);
}

void LongOutput::write(std::string_view bytes) {
    bytes = bytes.substr(0, bytes_max - std::min(written_, bytes_max));
    while (!bytes.empty() && error_ == 0) {
        const ssize_t count = ::write(out_.get(), bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            error_ = errno;
            return;
        }
        written_ += static_cast<std::uint64_t>(count);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string LongOutput::note() const {
    if (error_ != 0) {
        return fmt::format("of {} bytes printed the first {} are kept: {}", total_, written_, std::strerror(error_));
    }
    if (file_.empty()) return "";
    const std::string name = sandbox::printable(file_.string());
    if (written_ < total_)
        return fmt::format("the first {} of {} bytes are in {}, for read_file", written_, total_, name);
    return fmt::format("all {} bytes are in {}, for read_file", total_, name);
}

}  // namespace heddle::tools
