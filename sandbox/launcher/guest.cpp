// sandbox/launcher/guest.cpp: The steps of the setup that happen outside the guest's namespaces.
#include "sandbox/launcher/guest.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/launcher/body.h"
#include "sandbox/launcher/bubblewrap.h"
#include "sandbox/launcher/confinement.h"
#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/mounts.h"
#include "sandbox/launcher/notes.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/shares.h"
#include "sandbox/launcher/tree_end.h"
#include "sandbox/launcher/unconfined.h"
#include "sandbox/policy_path.h"
#include "sandbox/text_file.h"
#include "sandbox/wire.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// In the order in which they cross.
struct Descriptors {
    Fd control, workspace;
    Fd earlier;  // the changes that a guest before this one had made, if this one goes on with them
};

Descriptors descriptors(std::vector<Fd> fds) {
    if (fds.size() != 2 && fds.size() != 3)
        throw SetupError(Step::request, "read the descriptors of a request", EPROTO);
    return {std::move(fds[0]), std::move(fds[1]), fds.size() == 3 ? std::move(fds[2]) : Fd()};
}

// Root opens the workspace for the guest, which could not reach it, and makes its owner the guest there.
Fd open_workspace_as_root(const Fd& workspace, const Policy& policy, Identities& identities) {
    struct stat folder {};
    check(::fstat(workspace.get(), &folder), Step::workspace, "look at the workspace");
    Fd tree = clone_tree(workspace.get(), "", workspace_flags(policy.mode));
    map_owners(tree, identities.workspace_owner(folder.st_uid, folder.st_gid), "the workspace");
    return tree;
}

// The system that all guests share is not for one that has something laid into it, nor for one with the host's
// resolvers, which may be others for the next guest.
BlankKind kind_for(const Opening& opening) {
    const auto is_apart = [](const fs::path& place) {
        return !path_covers("/etc", place.native()) && !path_covers("/dev", place.native());
    };
    const NetworkMode network = opening.policy.network;
    return {network, network != NetworkMode::host && is_apart(opening.policy.workspace) &&
                         std::ranges::all_of(opening.shares, is_apart, &Share::place)};
}

// Once it is known to have started, its supervisor may kill it.
void let_go(const Guest& guest) {
    Note note;
    note.kind = Note::Kind::started;
    note.memory = guest.cgroup.keeper();
    const std::array fds = {guest.keeper.pidfd.get(), guest.cgroup.memory().get()};
    tell(guest.control, note, std::span(fds).first(guest.cgroup.memory() ? 2 : 1));
    try {
        send_message(guest.start.get(), "go");
    } catch (const Error&) {
        // It has ended, which will be told like any other end.
    }
}

// Of tier A: the blank becomes this guest.
void ask_for(Guest& guest, const std::string& body, const Opening& opening, const Descriptors& given,
             Identities& identities) {
    std::vector<Fd> trees;
    if (identities.has_range()) {
        trees.push_back(open_workspace_as_root(given.workspace, opening.policy, identities));
        for (const Share& share : opening.shares) trees.push_back(open_share(share, &identities));
    }
    guest.cgroup.limit(opening.policy.limits);
    std::vector<int> fds{guest.control.get(), given.workspace.get()};
    if (given.earlier) fds.push_back(given.earlier.get());
    send_request(guest.start.get(), "opening", body, std::move(fds));
    for (const Fd& tree : trees) send_message(guest.start.get(), "mount", std::array{tree.get()});
}

// Below tier A: a plain fork is born where its parent is.
void move_into_cgroup(const Guest& guest) {
    if (guest.cgroup.birthplace() < 0) return;
    const std::string pid = std::to_string(guest.keeper.pid);
    if (const int error = write_text_at(guest.cgroup.birthplace(), "cgroup.procs", pid))
        throw SetupError(Step::cgroup, "move the guest into its cgroup", error);
}

// A weaker tier than the policy's is never given; nor does a weaker one leave out what a policy asks for.
Tier tier_for(const Opening& opening, Ground& ground) {
    const Policy& policy = opening.policy;
    if (policy.tier == Tier::d) {
        const std::string refused = refusal_unconfined(opening);
        if (!refused.empty()) throw SetupError(Step::tier, "give the guest, without a sandbox", refused);
        ground.take_orphans();
        return Tier::d;
    }
    const std::optional<Tier> found = ground.tier();
    const Tier tier = found.value_or(Tier::c);
    if (!found || tier < policy.tier)
        throw SetupError(
            Step::tier, fmt::format("give the guest tier {}, which its policy asks for", name_of(policy.tier)),
            ground.why_weaker +
                (found ? fmt::format("; or let the policy say tier = \"{}\", which is there", name_of(tier)) : ""));
    if (tier == Tier::a) return tier;
    // No overlay can be mounted: the caller makes a copy, and what it gave instead may be the host's folder itself.
    if (policy.mode == WorkspaceMode::cow ||
        (policy.mode == WorkspaceMode::copy && opening.workspace_source == policy.workspace))
        throw SetupError(Step::workspace, "keep the changes to the workspace apart", "no copy of it was made");
    if (tier == Tier::b) {
        const std::string refused = refusal_by_bubblewrap(opening);
        if (!refused.empty()) throw SetupError(Step::tier, "give the guest, in tier B", refused);
        return tier;
    }
    ground.identities.demand_other_than_root();
    const std::string refused = refusal_in_confinement(opening, ground.identities.has_range());
    if (!refused.empty()) throw SetupError(Step::tier, "give the guest, in tier C", refused);
    return tier;
}

Guest start_from_blank(const Opening& opening, Ground& ground) {
    Blank blank = ground.blanks.take(kind_for(opening), ground);
    Guest guest;
    guest.start = std::move(blank.start);
    guest.keeper = std::move(blank.keeper);
    guest.cgroup = std::move(blank.cgroup);
    return guest;
}

// Below tier A.
Guest start_with_opening(const Opening& opening, Tier tier, Descriptors& given, Ground& ground) {
    const Policy& policy = opening.policy;
    auto [ours, theirs] = make_socket_pair();
    Guest guest;
    guest.start = std::move(ours);
    guest.cgroup = ground.cgroups.make();
    guest.cgroup.limit(policy.limits);
    if (!has_namespaces(tier) || (tier == Tier::b && needs_folder(opening))) guest.folder = ground.make_folder();
    const SeccompFilter& filter = tier == Tier::c ? ground.lone_filter(policy.network) : ground.filter;
    const Identities& who = ground.identities;
    const bool is_caller = tier == Tier::d;
    Pipe complaints = tier == Tier::b ? make_pipe() : Pipe{};
    guest.keeper = fork_plainly();
    if (guest.keeper.pid == 0) {
        KeeperPlan plan{opening,
                        ground.host,
                        filter,
                        guest.cgroup,
                        std::move(given.control),
                        std::move(theirs),
                        std::move(given.workspace),
                        std::move(given.earlier),
                        tier,
                        !is_caller && who.has_range(),
                        is_caller ? ::geteuid() : who.uid_inside(tier),
                        is_caller ? ::getegid() : who.gid_inside(tier),
                        guest.folder.path()};
        if (tier == Tier::b) become_bubblewrap(plan, complaints.write);
        keep(std::move(plan));
    }
    guest.complaints = std::move(complaints.read);
    ground.lone_keepers.insert(guest.keeper.pid);
    return guest;
}

Guest start(const std::string& body, Descriptors& given, Ground& ground) {
    const Opening opening = decode_opening(body);
    const Tier tier = tier_for(opening, ground);
    Guest guest =
        tier == Tier::a ? start_from_blank(opening, ground) : start_with_opening(opening, tier, given, ground);
    guest.control = std::move(given.control);
    try {
        if (tier == Tier::a)
            ask_for(guest, body, opening, given, ground.identities);
        else
            move_into_cgroup(guest);
        let_go(guest);
    } catch (...) {
        kill_and_reap(guest.keeper);
        ground.lone_keepers.erase(guest.keeper.pid);
        given.control = std::move(guest.control);
        throw;
    }
    return guest;
}

}  // namespace

std::optional<Guest> start_guest(Message request, Ground& ground) {
    Descriptors given;
    try {
        const std::string body = take_body(request);
        given = descriptors(std::move(request.fds));
        return start(body, given, ground);
    } catch (const std::exception& error) {
        if (!given.control && !request.fds.empty()) given.control = std::move(request.fds[0]);
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

void finish(Guest guest, Ground& ground) {
    rusage usage{};
    int status = 0;
    while (::wait4(guest.keeper.pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (ground.lone_keepers.erase(guest.keeper.pid) > 0) {
        end_descendants(ground.lone_keepers);
        guest.folder.remove();
    }
    // The keeper holds no end of this pipe: what is there is bubblewrap's, which then made no guest.
    if (const std::string said = guest.complaints ? read_complaints(guest.complaints) : ""; !said.empty())
        tell_failure(guest.control, SetupError(Step::tier, "make the guest with bubblewrap", said).what());
    tell(guest.control, note_of_end(guest.cgroup, cpu_of(usage), usage.ru_maxrss));
}

}  // namespace heddle::sandbox
