// sandbox/launcher/keeper.h: The first process of a guest: builds its shelter, starts commands as ordered, and reaps.
#pragma once

#include <string>

#include "sandbox/fd.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/launcher/view.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// That of a blank, a guest of tier A that nobody has asked for yet, says of its opening the network mode alone, and has
// neither control nor workspace: they come over `start`.
struct KeeperPlan {
    Opening opening;
    const HostSystem& host;
    const SeccompFilter& filter;
    const Cgroup& cgroup;
    Fd control;  // to the supervisor: orders come, notes go; when it closes, the guest ends
    Fd start;    // from the launcher: mounts, if it makes them, and its words to go on
    Fd workspace;
    Fd earlier;  // what a guest before this one wrote, if this one goes on with it
    Tier tier;
    bool has_range;                 // of ids: it is root, and the guest another user
    unsigned guest_uid, guest_gid;  // as the guest sees them
    std::string folder;             // below tier A: in which the guest's own are made
};

// What a blank's keeper says over `start`, and nothing else ever, if it cannot be made.
inline constexpr const char* blank_failed = "failed";

// The life of the keeper. With PID 1 of a namespace the kernel kills all that its commands left behind; without one it
// does so itself, and whoever started it does if it was killed.
[[noreturn]] void keep(KeeperPlan plan);

}  // namespace heddle::sandbox
