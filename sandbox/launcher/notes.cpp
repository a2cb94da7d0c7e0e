// sandbox/launcher/notes.cpp: Notes that nobody need be there to read.
#include "sandbox/launcher/notes.h"

#include "sandbox/channel.h"
#include "sandbox/error.h"

namespace heddle::sandbox {

void tell(const Fd& socket, const Note& note, std::span<const int> fds) {
    try {
        send_message(socket.get(), encode(note), fds);
    } catch (const Error&) {
        // Its supervisor has gone.
    }
}

void tell_failure(const Fd& socket, const char* why) {
    Note note;
    note.kind = Note::Kind::failed;
    note.text = why;
    tell(socket, note);
}

Note note_of_end(const Cgroup& cgroup, std::chrono::microseconds cpu, long largest_kib) {
    Note note;
    note.cpu = cpu;
    note.out_of_memory = cgroup.counters().killed();
    note.peak_bytes = cgroup.counters().peak_bytes();
    if (note.peak_bytes == 0) note.peak_bytes = static_cast<std::uint64_t>(largest_kib) * 1024;
    return note;
}

std::chrono::microseconds cpu_of(const rusage& usage) {
    const auto of = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace heddle::sandbox
