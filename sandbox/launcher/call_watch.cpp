// sandbox/launcher/call_watch.cpp: One ioctl for a call, one for its errno, and a line in between.
#include "sandbox/launcher/call_watch.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/launcher/blocked_calls.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/outcome.h"
#include "sandbox/text_file.h"

namespace heddle::sandbox {

namespace {

constexpr int looks_max = 200;  // at who calls; what has called so often is answered alone

}  // namespace

void CallWatch::add(Fd door, Fd notes) {
    all_.push_back({std::move(door), Fd(), std::move(notes), 0, {}});
}

void CallWatch::watch(std::vector<pollfd>& fds) const {
    for (const Watched& watched : all_)
        fds.push_back({(watched.listener ? watched.listener : watched.door).get(), POLLIN, 0});
}

void CallWatch::obey(const pollfd* fds) {
    for (auto watched = all_.begin(); watched != all_.end();) {
        const auto each = watched++;
        const short events = (fds++)->revents;
        if (events == 0) continue;
        if (!each->listener) {
            if (!take_listener(*each)) all_.erase(each);
        } else if ((events & POLLIN) != 0) {
            answer(*each);
        } else {
            all_.erase(each);  // nobody is left under its filter
        }
    }
}

// False where none came: the command has not begun, or its kernel gives none. A listener that is lost on its way ends
// the guest.
bool CallWatch::take_listener(Watched& watched) {
    auto message = receive_message(watched.door.get(), false);
    if (message && message->bytes.empty()) return true;  // not yet
    if (!message || message->fds.empty()) return false;
    watched.listener = std::move(message->fds[0]);
    watched.door.reset();
    return true;
}

void CallWatch::answer(Watched& watched) {
    seccomp_notif call{};
    if (::ioctl(watched.listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;  // the caller is gone
    tell_once(watched, call.data.nr, call.pid);
    seccomp_notif_resp refusal{};
    refusal.id = call.id;
    refusal.error = -errno_of_told(call.data);
    ::ioctl(watched.listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &refusal);
}

void CallWatch::tell_once(Watched& watched, int call, unsigned process) {
    if (watched.told.size() >= violations_max || watched.looks >= looks_max) return;
    ++watched.looks;
    std::string program = read_text_at(AT_FDCWD, "/proc/" + std::to_string(process) + "/comm");
    if (program.ends_with('\n')) program.pop_back();
    std::string line = line_of_told(call, program);
    if (line.empty() || std::ranges::find(watched.told, line) != watched.told.end()) return;
    Note note;
    note.kind = Note::Kind::blocked;
    note.text = line;
    tell(watched.notes, note);
    watched.told.push_back(std::move(line));
}

}  // namespace heddle::sandbox
