// sandbox/channel.cpp: sendmsg and recvmsg with their control data.
#include "sandbox/channel.h"

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sandbox/error.h"

namespace heddle::sandbox {

namespace {

struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(int) * message_fds_max)> bytes{};
};

}  // namespace

CutMessage::CutMessage(std::vector<Fd> arrived)
    : Error("a message across the sandbox's socket is cut"), fds(std::move(arrived)) {}

void send_message(int socket, std::string_view bytes, std::span<const int> fds) {
    assert(!bytes.empty() && bytes.size() <= message_bytes_max && fds.size() <= message_fds_max);
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    Control control;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    ssize_t sent;
    do sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) throw Error("send a message across the sandbox's socket", errno);
}

void send_request(int socket, std::string_view kind, std::string_view body, std::vector<int> fds) {
    std::string bytes(kind);
    bytes += ':';
    Fd file;
    if (bytes.size() + body.size() <= message_bytes_max) {
        bytes += body;
    } else {
        file = make_sealed_file(body);
        fds.push_back(file.get());
    }
    send_message(socket, bytes, fds);
}

std::optional<Message> receive_message(int socket, bool wait) {
    Message message;
    message.bytes.resize(message_bytes_max);
    iovec part{message.bytes.data(), message.bytes.size()};
    Control control;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    ssize_t received;
    // A reset means that the other side closed with messages of ours unread; it is said once, and what it sent before
    // comes after it.
    do received = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (received < 0 && (errno == EINTR || errno == ECONNRESET));
    if (received < 0 && !wait && (errno == EAGAIN || errno == EWOULDBLOCK)) return Message{};
    if (received < 0) throw Error("receive a message across the sandbox's socket", errno);
    for (cmsghdr* part_of = CMSG_FIRSTHDR(&header); part_of != nullptr; part_of = CMSG_NXTHDR(&header, part_of)) {
        if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part_of->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(part_of) + i * sizeof(int), sizeof(int));
            message.fds.emplace_back(fd);
        }
    }
    if (received == 0) return std::nullopt;
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) throw CutMessage(std::move(message.fds));
    message.bytes.resize(static_cast<std::size_t>(received));
    return message;
}

}  // namespace heddle::sandbox
