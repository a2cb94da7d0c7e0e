// sandbox/lent_folder.cpp: Two requests, each answered by a note.
#include "sandbox/lent_folder.h"

#include <poll.h>

#include <array>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

namespace {

constexpr int answer_time_max_ms = 30'000;

Message ask(int launcher, std::string_view request, const std::string& doing) {
    auto [ours, theirs] = make_socket_pair();
    send_message(launcher, request, std::array{theirs.get()});
    theirs.reset();
    pollfd ready{ours.get(), POLLIN, 0};
    if (::poll(&ready, 1, answer_time_max_ms) <= 0) throw Error(doing + ": it does not answer; start Heddle again");
    auto message = receive_message(ours.get());
    if (!message) throw Error(doing + ": it has ended; start Heddle again");
    return std::move(*message);
}

}  // namespace

GuestKind ask_kind(int launcher) {
    const Note note = decode_note(ask(launcher, kind_request, "ask the sandbox launcher which guests there are").bytes);
    if (note.kind != Note::Kind::guest_kind) return {};
    GuestKind kind;
    kind.tier = note.enforcement.tier;
    if (note.process != 0) kind.owner = static_cast<Id>(note.process);
    return kind;
}

LentFolder borrow_folder(int launcher) {
    const std::string doing = "borrow a folder for a copy of the workspace";
    Message message = ask(launcher, folder_request, doing);
    const Note note = decode_note(message.bytes);
    if (note.kind != Note::Kind::folder || message.fds.size() != 2) throw Error(doing + ": " + note.text);
    return {note.text, std::move(message.fds[0]), std::move(message.fds[1])};
}

}  // namespace heddle::sandbox
