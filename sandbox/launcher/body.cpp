// sandbox/launcher/body.cpp: One look at the size of a file, one read.
#include "sandbox/launcher/body.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

std::string read_body(const Fd& file) {
    struct stat status {};
    check(::fstat(file.get(), &status), Step::request, "look at a request");
    if (status.st_size < 0 || static_cast<std::uint64_t>(status.st_size) > request_bytes_max)
        throw SetupError(Step::request, "take a request of this size", E2BIG);
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    if (::pread(file.get(), bytes.data(), bytes.size(), 0) != status.st_size)
        throw SetupError(Step::request, "read a request", EIO);
    return bytes;
}

std::string take_body(Message& request) {
    const std::size_t kind_end = request.bytes.find(':');
    if (kind_end == std::string::npos) throw SetupError(Step::request, "find the body of a request", EPROTO);
    if (kind_end + 1 < request.bytes.size()) return request.bytes.substr(kind_end + 1);
    if (request.fds.empty()) throw SetupError(Step::request, "read the descriptors of a request", EPROTO);
    const Fd file = std::move(request.fds.back());
    request.fds.pop_back();
    return read_body(file);
}

}  // namespace heddle::sandbox
