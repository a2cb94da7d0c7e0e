// sandbox/session_changes.cpp: What a session can do with the changes in its workspace while it goes on.
#include <fcntl.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/cover.h"
#include "sandbox/error.h"
#include "sandbox/guest_opening.h"
#include "sandbox/policy_path.h"
#include "sandbox/session.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

namespace {

constexpr int answer_time_max_ms = 60'000;  // a full disk limit is copied or removed in seconds

// The keeper's answer; throws Error where it is a refusal, or does not come.
Message order_rewind(GuestLink& guest, const std::string& doing, const Rewind& wanted) {
    auto [notes, notes_of_guest] = make_socket_pair();
    send_request(guest.control.get(), "rewind", encode(wanted), {notes_of_guest.get()});
    notes_of_guest.reset();  // so that its end is heard of
    pollfd answer{notes.get(), POLLIN, 0};
    if (::poll(&answer, 1, answer_time_max_ms) != 1) {
        guest.kill();
        throw Error(doing + ": its guest does not answer; the session has ended");
    }
    std::optional<Message> message = receive_message(notes.get());
    if (!message) throw Error(doing + ": the session has ended meanwhile");
    const Note note = decode_note(message->bytes);
    if (wanted.kind == Rewind::Kind::go_back && !message->fds.empty()) guest.workspace = std::move(message->fds[0]);
    if (note.kind != Note::Kind::rewound) throw Error(doing + ": " + note.text);
    return std::move(*message);
}

}  // namespace

void Session::demand_overlay(const char* doing) const {
    demand_changes(doing);
    const std::string text = std::string(doing) + " of a sandbox session: ";
    if (!guest_->changes) throw Error(text + "below tier A its guest works on a plain copy, which has no layers");
    if (!is_open()) throw Error(text + "it has ended; open another");
}

void Session::demand_changes(const char* doing) const {
    const std::string text = std::string(doing) + " of a sandbox session: ";
    if (!keeps_apart(checked_->policy.mode))
        throw Error(text + "its workspace is not copied on write; open it in mode cow or copy");
}

std::vector<changes::Change> Session::diff(const changes::DiffOptions& options) const {
    constexpr const char* doing = "list the changes";
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    demand_changes(doing);
    if (!changes())
        throw Error(std::string(doing) + " of a sandbox session: below tier A they are known when it has closed");
    // Of a private copy the folder itself is not held open.
    const Fd lower(checked_->copy ? ::open(checked_->policy.workspace.c_str(), flags)
                                  : ::openat(checked_->workspace.get(), ".", flags));
    if (!lower) throw Error("open the workspace to list its changes", errno);
    return changes::diff(changes(), lower, options);
}

int Session::snapshot() {
    constexpr const char* doing = "keep the changes";
    demand_overlay(doing);
    Rewind wanted;
    wanted.snapshot = static_cast<unsigned>(snapshots_ + 1);
    order_rewind(*guest_, doing, wanted);
    return ++snapshots_;
}

void Session::rollback(std::optional<int> snapshot) {
    constexpr const char* doing = "take the workspace back";
    demand_overlay(doing);
    if (snapshot && (*snapshot < 1 || *snapshot > snapshots_))
        throw Error("take the workspace of a sandbox session back: it has no snapshot " + std::to_string(*snapshot));
    // What the host has now is what the guest will see.
    checked_->hidden = find_hidden(checked_->policy, checked_->workspace, checked_->shares);
    Rewind wanted{Rewind::Kind::go_back, static_cast<unsigned>(snapshot.value_or(0)), {}};
    for (const Cover& cover : checked_->hidden.covers)
        if (path_covers(checked_->policy.workspace.native(), cover.place.native())) wanted.covers.push_back(cover);
    guest_->workspace.reset();  // it would hold what is to be let go of
    Message done = order_rewind(*guest_, doing, wanted);
    if (done.fds.size() != 2) throw Error("take the workspace of a sandbox session back: it did not come along");
    guest_->changes = std::move(done.fds[1]);
}

}  // namespace heddle::sandbox
