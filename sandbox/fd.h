// sandbox/fd.h: One descriptor with one owner, and the ways to make one; all close on exec.
#pragma once

#include <string_view>
#include <utility>

namespace heddle::sandbox {

class Fd {
 public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }
    void reset();

 private:
    int fd_ = -1;
};

struct Pipe {
    Fd read, write;
};

Pipe make_pipe();                               // throws Error
std::pair<Fd, Fd> make_socket_pair();           // messages, not a stream; throws Error
std::pair<Fd, Fd> make_stream_pair();           // throws Error
Fd make_event();                                // a counter to wake a poll(); throws Error
Fd make_sealed_file(std::string_view content);  // read from its start, writable by nobody; throws Error

}  // namespace heddle::sandbox
