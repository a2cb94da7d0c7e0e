// sandbox/session.cpp: Orders to a guest that is there.
#include "sandbox/session.h"

#include <poll.h>

#include <array>
#include <utility>

#include "sandbox/error.h"
#include "sandbox/guest_opening.h"
#include "sandbox/supervisor.h"

namespace heddle::sandbox {

Session::Session(std::unique_ptr<GuestLink> guest, const Limits& limits) : guest_(std::move(guest)), limits_(limits) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept {
    if (this != &other) {
        if (guest_) close();
        guest_ = std::move(other.guest_);
        limits_ = other.limits_;
    }
    return *this;
}
Session::~Session() {
    try {
        if (guest_) close();
    } catch (const std::exception&) {
        // The launcher has gone, and its guests with it.
    }
}

bool Session::is_open() const {
    pollfd first{guest_->pidfd.get(), POLLIN, 0};
    return guest_->control && ::poll(&first, 1, 0) == 0;
}

const Fd& Session::changes() const {
    return guest_->changes;
}

void Session::close() {
    guest_->close();
    guest_->control.reset();
}

Result Session::run(const Command& command, std::stop_token stop, const OutputSink& sink,
                    std::optional<std::chrono::milliseconds> wall) {
    check(command);
    if (!is_open()) throw Error("run a command in a sandbox session: it has ended; open another");
    Streams streams(command);
    const Fd& err = command.merge_output ? streams.out.write : streams.err.write;
    const std::array fds = {streams.in.get(), streams.out.write.get(), err.get()};
    Fd notes = send_order(*guest_, {command, false}, fds);
    streams.out.write.reset();
    streams.err.write.reset();
    Limits limits = limits_;
    if (wall) limits.wall = *wall;
    return supervise(*guest_, GuestLife::goes_on,
                     {std::move(notes), std::move(streams.out.read), std::move(streams.err.read)}, limits,
                     std::move(stop), sink);
}

Process Session::start(const Command& command) {
    check(command);
    if (!is_open()) throw Error("start a command in a sandbox session: it has ended; open another");
    return start_process(*guest_, command);
}

}  // namespace heddle::sandbox
