// sandbox/launcher/guest.cpp: The steps of the setup that happen outside the guest's namespaces.
#include "sandbox/launcher/guest.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/launcher/body.h"
#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

namespace {

// In the order in which they cross.
struct Descriptors {
    Fd control, body, workspace;
};

Descriptors descriptors(Message request) {
    if (request.fds.size() != 3) throw SetupError(Step::request, "read the descriptors of a request", EPROTO);
    auto& fds = request.fds;
    return {std::move(fds[0]), std::move(fds[1]), std::move(fds[2])};
}

// Root opens the workspace for the guest, which could not reach it, and makes its owner the guest there.
Fd open_workspace_as_root(const Fd& workspace, const Policy& policy, Identities& identities) {
    struct stat folder {};
    check(::fstat(workspace.get(), &folder), Step::workspace, "look at the workspace");
    Fd tree = clone_tree(workspace.get(), "", workspace_flags(policy.mode));
    map_owners(tree, identities.workspace_owner(folder.st_uid, folder.st_gid), "the workspace");
    return tree;
}

void prepare(Guest& guest, const Opening& opening, const Fd& workspace, Ground& ground) {
    Identities& identities = ground.identities;
    identities.write_maps(guest.keeper.pid);
    std::vector<Fd> trees;
    if (identities.has_range()) {
        trees.push_back(open_workspace_as_root(workspace, opening.policy, identities));
        for (const Share& share : opening.shares) trees.push_back(open_share(share, &identities));
    }

    Note note;
    note.kind = Note::Kind::started;
    note.memory = guest.cgroup.keeper();
    const std::array fds = {guest.keeper.pidfd.get(), guest.cgroup.memory().get()};
    tell(guest.control, note, std::span(fds).first(guest.cgroup.memory() ? 2 : 1));
    for (const Fd& tree : trees) send_message(guest.start.get(), "tree", std::array{tree.get()});
    send_message(guest.start.get(), "go");
}

Guest start(Descriptors& given, Ground& ground) {
    const Opening opening = decode_opening(read_body(given.body));
    const Policy& policy = opening.policy;
    auto [ours, theirs] = make_socket_pair();
    Guest guest;
    guest.start = std::move(ours);
    guest.cgroup = ground.cgroups.make(policy.limits);
    guest.keeper = clone_into(guest_namespaces(policy.network), guest.cgroup.birthplace());
    if (guest.keeper.pid == 0)
        keep({opening, ground.etc, ground.filter, guest.cgroup, std::move(given.control), std::move(theirs),
              std::move(given.workspace), ground.identities.has_range(), ground.identities.uid_inside(),
              ground.identities.gid_inside()});
    guest.control = std::move(given.control);
    try {
        prepare(guest, opening, given.workspace, ground);
    } catch (...) {
        kill_and_reap(guest.keeper);
        given.control = std::move(guest.control);
        throw;
    }
    return guest;
}

}  // namespace

std::optional<Guest> start_guest(Message request, Ground& ground) {
    Descriptors given;
    try {
        given = descriptors(std::move(request));
        return start(given, ground);
    } catch (const std::exception& error) {
        if (given.control) {
            tell_failure(given.control, error.what());
            tell(given.control, Note{});
        }
        return std::nullopt;
    }
}

void refuse_guest(const CutMessage& request) {
    if (request.fds.empty()) return;
    const Fd& control = request.fds[0];
    tell_failure(control, SetupError(Step::request, "take the descriptors of a request", EMFILE).what());
    tell(control, Note{});
}

void finish(Guest guest) {
    rusage usage{};
    int status = 0;
    while (::wait4(guest.keeper.pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    Note note;
    note.cpu = cpu_of(usage);
    note.out_of_memory = guest.cgroup.killed();
    note.peak_bytes = guest.cgroup.peak_bytes();
    if (note.peak_bytes == 0) note.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    guest.cgroup = Cgroup();  // first, so that nothing is left once the caller of run() goes on
    tell(guest.control, note);
}

}  // namespace heddle::sandbox
