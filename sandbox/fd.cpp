// sandbox/fd.cpp: Makes and closes descriptors.
#include "sandbox/fd.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/error.h"

namespace heddle::sandbox {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

void Fd::reset() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw Error("make a pipe", errno);
    return {Fd(ends[0]), Fd(ends[1])};
}

namespace {

std::pair<Fd, Fd> make_pair_of(int type) {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) throw Error("make a socket pair", errno);
    return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

std::pair<Fd, Fd> make_socket_pair() {
    return make_pair_of(SOCK_SEQPACKET);
}

std::pair<Fd, Fd> make_stream_pair() {
    return make_pair_of(SOCK_STREAM);
}

Fd make_event() {
    Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) throw Error("make an event descriptor", errno);
    return event;
}

Fd make_sealed_file(std::string_view content) {
    Fd file(::memfd_create("heddle", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw Error("make a file in memory", errno);
    while (!content.empty()) {
        const ssize_t written = ::write(file.get(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) throw Error("fill a file in memory", errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) throw Error("seal a file in memory", errno);
    if (::lseek(file.get(), 0, SEEK_SET) != 0) throw Error("rewind a file in memory", errno);
    return file;
}

}  // namespace heddle::sandbox
