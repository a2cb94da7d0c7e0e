// sandbox/guest_opening.cpp: Checks, a request of two descriptors, and the pipes of a command.
#include "sandbox/guest_opening.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "sandbox/caches.h"
#include "sandbox/changes/copy_tree.h"
#include "sandbox/channel.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"
#include "sandbox/workspace.h"

namespace heddle::sandbox {

namespace {

// A guest is another user than root, and may open its own output by name (/dev/stderr).
Pipe make_output_pipe() {
    Pipe pipe = make_pipe();
    if (::fchmod(pipe.write.get(), 0666) != 0) throw Error("open a pipe to the guest", errno);
    return pipe;
}

// Some tools read their input instead of the folder where it is a file, if only an empty one.
Fd open_input(const std::string& input) {
    if (!input.empty()) return make_sealed_file(input);
    Fd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing) throw Error("open /dev/null for the guest", errno);
    return nothing;
}

bool says(const Result& result, std::initializer_list<int> errors) {
    const std::string text = result.err.text();
    return std::any_of(errors.begin(), errors.end(),
                       [&](int error) { return text.find(std::strerror(error)) != std::string::npos; });
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

CheckedPolicy::CheckedPolicy(const Policy& wanted, const GuestKind& kind, int launcher) : policy(wanted) {
    check(policy.limits);
    workspace = open_workspace(policy);
    shares = find_shares(policy);
    hidden = find_hidden(policy, workspace, shares);
    for (const auto& pattern : hidden.unmatched)
        remarks.push_back("fs.hide: nothing here is met by " + printable(pattern));
    if (policy.mode == WorkspaceMode::direct && !policy.protect.empty())
        protection.emplace(policy, workspace, hidden.covers.size());
    if (policy.tier == Tier::d) return;                  // it works in the folder itself, or is refused
    if (!kind.tier || *kind.tier < policy.tier) return;  // there will be no guest; who is asked for it says why
    bool is_copied = policy.mode == WorkspaceMode::copy;
    if (*kind.tier < Tier::a) {
        // No overlay can be mounted; and who is another user than all others cannot be lent somebody's folder.
        is_copied = keeps_apart(policy.mode) || (policy.mode == WorkspaceMode::ro && kind.owner);
    } else if (policy.mode == WorkspaceMode::cow) {
        if (const auto foreign = find_foreign_owner(workspace, OwnerLook::at_opening)) {
            remarks.push_back(fmt::format("the owner of {} cannot be the guest's, so it works on a private copy",
                                          *foreign == "." ? "the workspace" : printable(*foreign)));
            is_copied = true;
        }
    }
    if (!is_copied) return;
    if (policy.mode == WorkspaceMode::cow) policy.mode = WorkspaceMode::copy;
    copy_workspace(kind, launcher);
}

void CheckedPolicy::copy_workspace(const GuestKind& kind, int launcher) {
    try {
        copy.emplace(policy.workspace, workspace, policy.limits, borrow_folder(launcher), kind.owner);
    } catch (const changes::TooLarge& error) {
        if (kind.tier < Tier::a) throw;
        throw Error(std::string(error.what()) + ", or give all its files one owner");
    }
    if (kind.tier < Tier::a) copy->prepare_for_changes();
    if (copy->left_out() > 0)
        remarks.push_back(fmt::format("{} files and folders that you cannot read are not in the copy of the workspace",
                                      copy->left_out()));
    workspace = Fd(::open(copy->path().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!workspace) throw Error("open the copy of the workspace", errno);
}

Opening CheckedPolicy::opening() const {
    Opening opening{policy, copy ? copy->path() : policy.workspace, shares, hidden.covers};
    if (protection)
        opening.covers.insert(opening.covers.end(), protection->covers().begin(), protection->covers().end());
    return opening;
}

void add_violations(const CheckedPolicy& checked, Result& result) {
    std::vector<std::string>& lines = result.violations;
    const auto add = [&](std::vector<std::string> more) { lines.insert(lines.end(), more.begin(), more.end()); };
    add(cover_hints(checked.opening().covers, checked.policy, result));
    if (checked.protection) add(checked.protection->news());
    if (checked.policy.mode == WorkspaceMode::cow && says(result, {EACCES, EOVERFLOW}))
        if (const auto foreign = find_foreign_owner(checked.workspace, OwnerLook::at_failure))
            add({fmt::format("the owner of {} cannot be the guest's, so it could not be changed: use mode copy",
                             printable(*foreign))});
    if (lines.size() <= violations_max) return;
    const std::size_t more = lines.size() - violations_max + 1;
    lines.resize(violations_max - 1);
    lines.push_back(fmt::format("... and {} more", more));
}

GuestLink open_guest(int launcher, const CheckedPolicy& checked, GuestLife life, const Fd& earlier) {
    Opening opening = checked.opening();
    opening.goes_on = life == GuestLife::goes_on;
    auto [control, control_of_guest] = make_socket_pair();
    std::vector<int> fds{control_of_guest.get(), checked.workspace.get()};
    if (earlier) fds.push_back(earlier.get());
    send_request(launcher, "guest", encode(opening), std::move(fds));
    GuestLink guest;
    guest.control = std::move(control);
    for (const auto& [name, folder] : checked.policy.caches)
        if (const CachePlace* cache = find_cache(name))
            guest.environment.insert(cache->variables.begin(), cache->variables.end());
    return guest;
}

CommandEnds order_command(const GuestLink& guest, const Command& command, bool is_last) {
    const Fd in = open_input(command.input);
    Pipe out = make_output_pipe(), err = command.merge_output ? Pipe{} : make_output_pipe();
    const std::array streams = {in.get(), out.write.get(), (command.merge_output ? out : err).write.get()};
    return {send_order(guest, {command, is_last}, streams), std::move(out.read), std::move(err.read)};
}

}  // namespace heddle::sandbox
