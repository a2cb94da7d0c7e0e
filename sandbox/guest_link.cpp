// sandbox/guest_link.cpp: Notes in, orders out, and the two ways to an end: asked, then killed.
#include "sandbox/guest_link.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/error.h"

namespace heddle::sandbox {

namespace {

constexpr int close_time_max_ms = 5'000, setup_time_max_ms = 30'000;

bool is_readable(const Fd& fd, int milliseconds) {
    pollfd ready{fd.get(), POLLIN, 0};
    return ::poll(&ready, 1, milliseconds) > 0;
}

}  // namespace

bool GuestLink::has_note() const {
    return is_readable(control, 0);
}

void GuestLink::take_note() {
    auto message = receive_message(control.get(), false);
    if (!message) {
        kill();
        throw Error("run a command in the sandbox: its launcher has ended; start Heddle again");
    }
    if (message->bytes.empty()) return;
    Note note = decode_note(message->bytes);
    const auto descriptor = [&](std::size_t at) {
        return at < message->fds.size() ? std::move(message->fds[at]) : Fd();
    };
    switch (note.kind) {
        case Note::Kind::started:
            pidfd = descriptor(0);
            memory = note.memory;
            cgroup = descriptor(1);
            break;
        case Note::Kind::listeners:
            listeners = std::move(message->fds);
            break;
        case Note::Kind::view:
            proc = descriptor(0);
            segments = descriptor(1);
            workspace = descriptor(2);
            changes = descriptor(3);
            enforcement = note.enforcement;
            tree = note.tree;
            break;
        case Note::Kind::failed:
            if (!failed) failed = std::move(note);
            break;
        case Note::Kind::ended:
            if (!ended) ended = std::move(note);
            break;
        case Note::Kind::terminal:
        case Note::Kind::begun:
        case Note::Kind::blocked:
        case Note::Kind::finished:
        case Note::Kind::rewound:
        case Note::Kind::guest_kind:
        case Note::Kind::folder:
            throw Error("read a sandbox message: a guest's socket said what only another may");
    }
}

void GuestLink::await_view() {
    while (!proc) {
        if (failed) throw Error("open a sandbox: " + failed->text);
        if (ended) throw Error("open a sandbox: its first process was killed");
        if (!is_readable(control, setup_time_max_ms)) throw Error("open a sandbox: its launcher does not answer");
        take_note();
    }
}

void GuestLink::kill() const {
    if (pidfd) ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

void GuestLink::close() {
    if (!control || ended) return;
    ::shutdown(control.get(), SHUT_WR);
    for (int attempt = 0; attempt < 2 && !ended; ++attempt) {
        while (!ended && is_readable(control, close_time_max_ms)) take_note();
        if (!ended) kill();
    }
}

Fd send_order(const GuestLink& guest, const Order& order, std::span<const int> streams) {
    Order whole = order;
    whole.command.environment.insert(guest.environment.begin(), guest.environment.end());
    const std::string bytes = encode(whole);
    if (bytes.size() > request_bytes_max)
        throw Error("run a command in the sandbox: its arguments and variables exceed 16 MiB; put them into a file");
    auto [notes, notes_of_guest] = make_socket_pair();
    std::vector<int> fds{notes_of_guest.get()};
    fds.insert(fds.end(), streams.begin(), streams.end());
    try {
        send_request(guest.control.get(), "order", bytes, std::move(fds));
    } catch (const Error&) {
        // The guest is gone already; why, its notes tell whoever waits for this order.
    }
    return std::move(notes);
}

}  // namespace heddle::sandbox
