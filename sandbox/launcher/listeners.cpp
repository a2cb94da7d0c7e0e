// sandbox/launcher/listeners.cpp: Four sockets, bound while this process may still bind low ports.
#include "sandbox/launcher/listeners.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

constexpr int waiting_max = 128;

Fd listen_on(int type, std::uint16_t port) {
    Fd socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    check(socket.get(), Step::loopback, "open a socket for the proxy");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), Step::loopback,
          "bind a socket for the proxy");
    if (type == SOCK_STREAM)
        check(::listen(socket.get(), waiting_max), Step::loopback, "listen on a socket for the proxy");
    return socket;
}

}  // namespace

std::vector<Fd> make_listeners() {
    std::vector<Fd> sockets;
    for (const auto& [type, port] : {std::pair<int, std::uint16_t>{SOCK_STREAM, std::uint16_t{3128}},
                                     {SOCK_STREAM, std::uint16_t{1080}},
                                     {SOCK_DGRAM, std::uint16_t{53}},
                                     {SOCK_STREAM, std::uint16_t{53}}})
        sockets.push_back(listen_on(type, port));
    return sockets;
}

}  // namespace heddle::sandbox
