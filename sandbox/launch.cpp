// sandbox/launch.cpp: Finds the launcher's program, starts it and waits for its greeting.
#include "sandbox/launch.h"

#include <poll.h>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/wire.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr int greeting_time_max_ms = 30'000;  // a machine that pages may take long; a wrong program never greets

constexpr int end_time_max_ms = 10'000;

}  // namespace

Launch::~Launch() {
    if (!socket) return;  // it was moved from
    try {
        send_message(socket.get(), "end");
    } catch (const Error&) {
        return;  // it has ended
    }
    child.await_end(end_time_max_ms);
}

fs::path standard_launcher() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error) throw Error("find the sandbox launcher beside this program", error.value());
    return self.parent_path() / "heddle-launcher";
}

Launch launch(const fs::path& launcher) {
    const fs::path program = launcher.empty() ? standard_launcher() : launcher;
    auto [ours, theirs] = make_socket_pair();
    Child child = Child::spawn(program, theirs);
    theirs.reset();
    pollfd ready{ours.get(), POLLIN, 0};
    const bool answered = ::poll(&ready, 1, greeting_time_max_ms) > 0;
    const auto greeting = answered ? receive_message(ours.get()) : std::nullopt;
    if (!greeting) throw Error("start the sandbox launcher " + program.native() + ": it did not greet; build it again");
    const Note note = decode_note(greeting->bytes);
    if (note.kind == Note::Kind::failed) throw Error("start the sandbox launcher: " + note.text);
    return {std::move(ours), std::move(child)};
}

}  // namespace heddle::sandbox
