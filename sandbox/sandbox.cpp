// sandbox/sandbox.cpp: Starts the launcher, hands it one request a guest, and watches each guest from its caller.
#include "sandbox/sandbox.h"

#include <poll.h>

#include <array>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/child.h"
#include "sandbox/fd.h"
#include "sandbox/supervisor.h"
#include "sandbox/wire.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

constexpr int greeting_time_max_ms = 30'000;  // a machine that pages may take long; a wrong program never greets

fs::path beside_this_program() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (error) throw Error("find the sandbox launcher beside this program", error.value());
    return self.parent_path() / "heddle-launcher";
}

void check(const Command& command) {
    if (command.argv.empty()) throw Error("run a command in the sandbox: there is no command");
    const auto demand_text = [](const std::string& text) {
        if (text.find('\0') != std::string::npos)
            throw Error("run a command in the sandbox: an argument or variable holds a zero byte; leave it out");
    };
    for (const auto& argument : command.argv) demand_text(argument);
    for (const auto& [name, value] : command.environment) {
        demand_text(name);
        demand_text(value);
        if (name.empty() || name.find('=') != std::string::npos)
            throw Error("run a command in the sandbox: a variable's name is empty or holds '='");
    }
}

}  // namespace

struct Sandbox::State {
    Fd socket;
    Child launcher;
};

Sandbox Sandbox::start(const fs::path& launcher) {
    auto [ours, theirs] = make_socket_pair();
    Child child = Child::spawn(launcher.empty() ? beside_this_program() : launcher, theirs);
    theirs.reset();
    pollfd ready{ours.get(), POLLIN, 0};
    const bool answered = ::poll(&ready, 1, greeting_time_max_ms) > 0;
    const auto greeting = answered ? receive_message(ours.get()) : std::nullopt;
    if (!greeting) throw Error("start the sandbox launcher: it did not greet; build it again beside this program");
    const Note note = decode_note(greeting->bytes);
    if (note.kind == Note::Kind::failed) throw Error("start the sandbox launcher: " + note.text);
    return Sandbox(std::unique_ptr<State>(new State{std::move(ours), std::move(child)}));
}

Result Sandbox::run(const Command& command, const Policy& policy, std::stop_token stop, const Sink& sink) {
    check(command);
    check(policy.limits);
    Request request{command, policy};
    const Fd workspace = open_workspace(request.policy);
    const std::string bytes = encode(request);
    if (bytes.size() > request_bytes_max)
        throw Error("run a command in the sandbox: its arguments and variables exceed 16 MiB; put them into a file");

    const Fd body = make_sealed_file(bytes);
    const Fd input = make_sealed_file(command.input);
    auto [control, control_of_guest] = make_socket_pair();
    Pipe out = make_pipe();
    Pipe err = command.merge_output ? Pipe{} : make_pipe();
    const std::array<int, 6> fds = {control_of_guest.get(), body.get(),
                                    workspace.get(),        input.get(),
                                    out.write.get(),        command.merge_output ? out.write.get() : err.write.get()};
    send_message(state_->socket.get(), "guest", fds);
    control_of_guest.reset();
    out.write.reset();
    err.write.reset();
    return supervise({std::move(control), std::move(out.read), std::move(err.read)}, policy.limits, std::move(stop),
                     sink);
}

Sandbox::Sandbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;
Sandbox::~Sandbox() = default;

}  // namespace heddle::sandbox
