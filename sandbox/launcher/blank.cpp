// sandbox/launcher/blank.cpp: A clone, its ids, and the mounts that root makes outside for every guest.
#include "sandbox/launcher/blank.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <utility>
#include <vector>

#include "sandbox/channel.h"
#include "sandbox/launcher/guest.h"
#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/setup_error.h"

namespace heddle::sandbox {

namespace {

std::vector<Fd> common_mounts(BlankKind kind, Ground& ground) {
    const Identities& who = ground.identities;
    if (!who.has_range() || !kind.shares_system) return {};
    return ground.common.clone({ground.host, kind.network, who.uid_inside(Tier::a), who.gid_inside(Tier::a)});
}

Blank make(BlankKind kind, Ground& ground) {
    const Identities& who = ground.identities;
    auto [ours, theirs] = make_socket_pair();
    Blank blank;
    blank.kind = kind;
    blank.start = std::move(ours);
    blank.cgroup = ground.cgroups.make();
    blank.keeper = clone_into(guest_namespaces(kind.network), blank.cgroup.birthplace());
    if (blank.keeper.pid == 0) {
        Opening unknown;
        unknown.policy.network = kind.network;
        keep({std::move(unknown), ground.host, ground.filter, blank.cgroup, Fd(), std::move(theirs), Fd(), Fd(),
              Tier::a, who.has_range(), who.uid_inside(Tier::a), who.gid_inside(Tier::a), ""});
    }
    try {
        who.write_maps(blank.keeper.pid);
        for (const Fd& mount : common_mounts(kind, ground))
            send_message(blank.start.get(), "mount", std::array{mount.get()});
        send_message(blank.start.get(), "go");
    } catch (...) {
        kill_and_reap(blank.keeper);
        throw;
    }
    return blank;
}

// What it sees of the host's resolvers may be others for the next guest.
bool may_wait(BlankKind kind) {
    return kind.network != NetworkMode::host;
}

}  // namespace

Blanks::Blanks() : mounts_(::open("/proc/self/mounts", O_RDONLY | O_CLOEXEC)) {}

bool Blanks::is_good() {
    std::array<pollfd, 3> signs{pollfd{mounts_.get(), POLLPRI, 0}, pollfd{waiting_->start.get(), POLLIN, 0},
                                pollfd{waiting_->keeper.pidfd.get(), POLLIN, 0}};
    return mounts_ && ::poll(signs.data(), signs.size(), 0) == 0;
}

Blank Blanks::take(BlankKind kind, Ground& ground) {
    wanted_ = kind;
    if (waiting_ && !is_good()) clear();
    if (waiting_ && waiting_->kind == kind) return *std::exchange(waiting_, std::nullopt);
    return make(kind, ground);
}

void Blanks::make_ahead(Ground& ground) {
    if (waiting_ && (waiting_->kind != wanted_ || !is_good())) clear();
    if (waiting_ || !may_wait(wanted_) || ground.tier() != Tier::a) return;
    pollfd change{mounts_.get(), POLLPRI, 0};
    ::poll(&change, 1, 0);  // what came before is seen
    try {
        waiting_ = make(wanted_, ground);
    } catch (const std::exception&) {
        // It may be had a moment later.
    }
}

void Blanks::clear() {
    if (waiting_) kill_and_reap(waiting_->keeper);
    waiting_.reset();
}

}  // namespace heddle::sandbox
