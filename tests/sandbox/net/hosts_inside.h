// tests/sandbox/net/hosts_inside.h: Both sides of a proxy on this machine's loopback: a guest's sockets, and servers.
#pragma once

#include <arpa/inet.h>
#include <doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "sandbox/fd.h"

namespace hosts_inside {

using heddle::sandbox::Fd;

constexpr int wait_max_ms = 10'000;  // until a test that would hang fails

inline sockaddr_in local(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

inline Fd bound(int type) {
    Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const sockaddr_in address = local(0);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    if (type == SOCK_STREAM) REQUIRE(::listen(socket.get(), 64) == 0);
    return socket;
}

inline std::uint16_t port_of(const Fd& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return ntohs(address.sin_port);
}

inline Fd connect_to(std::uint16_t port, int type = SOCK_STREAM) {
    Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    const sockaddr_in address = local(port);
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

inline void send_all(const Fd& socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// Reads until `enough` says so, the stream ends, or nothing comes for long.
inline std::string read_until(const Fd& socket, const std::function<bool(const std::string&)>& enough) {
    std::string all;
    char bytes[4096];
    while (!enough(all)) {
        pollfd waiting{socket.get(), POLLIN, 0};
        if (::poll(&waiting, 1, wait_max_ms) <= 0) return all + "(silence)";
        const ssize_t count = ::recv(socket.get(), bytes, sizeof bytes, 0);
        if (count <= 0) break;
        all.append(bytes, static_cast<std::size_t>(count));
    }
    return all;
}

inline std::string read_bytes(const Fd& socket, std::size_t count) {
    return read_until(socket, [&](const std::string& all) { return all.size() >= count; });
}

inline std::string read_to_end(const Fd& socket) {
    return read_until(socket, [](const std::string&) { return false; });
}

// Serves one connection after another with `answer`, until it ends.
class Server {
 public:
    explicit Server(std::function<void(const Fd&)> answer) : port(port_of(listener_)) {
        thread_ = std::thread([this, answer = std::move(answer)] {
            while (true) {
                const Fd guest(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
                if (!guest) return;
                answer(guest);
            }
        });
    }
    ~Server() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }

 private:
    Fd listener_ = bound(SOCK_STREAM);
    std::thread thread_;

 public:
    const std::uint16_t port;
};

}  // namespace hosts_inside
