// sandbox/guest_opening.cpp: Checks, a request of three descriptors, and the pipes of a command.
#include "sandbox/guest_opening.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

// A guest is another user than root, and may open its own output by name (/dev/stderr).
Pipe make_output_pipe() {
    Pipe pipe = make_pipe();
    if (::fchmod(pipe.write.get(), 0666) != 0) throw Error("open a pipe to the guest", errno);
    return pipe;
}

}  // namespace

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

CheckedPolicy::CheckedPolicy(const Policy& wanted) : policy(wanted) {
    check(policy.limits);
    workspace = open_workspace(policy);
}

GuestLink open_guest(int launcher, const CheckedPolicy& checked) {
    const Fd body = make_sealed_file(encode(Opening{checked.policy}));
    auto [control, control_of_guest] = make_socket_pair();
    const std::array fds = {control_of_guest.get(), body.get(), checked.workspace.get()};
    send_message(launcher, "guest", fds);
    GuestLink guest;
    guest.control = std::move(control);
    return guest;
}

CommandEnds order_command(const GuestLink& guest, const Command& command, bool is_last) {
    const Fd in = make_sealed_file(command.input);
    Pipe out = make_output_pipe(), err = command.merge_output ? Pipe{} : make_output_pipe();
    const std::array streams = {in.get(), out.write.get(), (command.merge_output ? out : err).write.get()};
    return {send_order(guest, {command, is_last}, streams), std::move(out.read), std::move(err.read)};
}

}  // namespace heddle::sandbox
