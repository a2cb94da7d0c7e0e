// sandbox/sandbox.cpp: Starts the launcher, hands it one request a guest, and watches each guest from its caller.
#include "sandbox/sandbox.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/fd.h"
#include "sandbox/launch.h"
#include "sandbox/supervisor.h"
#include "sandbox/wire.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

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

// A guest is another user than root, and may open its own output by name (/dev/stderr).
Pipe make_output_pipe() {
    Pipe pipe = make_pipe();
    if (::fchmod(pipe.write.get(), 0666) != 0) throw Error("open a pipe to the guest", errno);
    return pipe;
}

}  // namespace

struct Sandbox::State {
    Launch launch;
};

Sandbox Sandbox::start(const fs::path& launcher) {
    return Sandbox(std::unique_ptr<State>(new State{launch(launcher)}));
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
    Pipe out = make_output_pipe();
    Pipe err = command.merge_output ? Pipe{} : make_output_pipe();
    const std::array<int, 6> fds = {control_of_guest.get(), body.get(),
                                    workspace.get(),        input.get(),
                                    out.write.get(),        command.merge_output ? out.write.get() : err.write.get()};
    send_message(state_->launch.socket.get(), "guest", fds);
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
