// sandbox/launcher/keeper.h: PID 1 of a guest: builds the view, starts commands as they are ordered, and reaps.
#pragma once

#include "sandbox/fd.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/launcher/view.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

struct KeeperPlan {
    Opening opening;
    const EtcFiles& etc;
    const SeccompFilter& filter;
    const Cgroup& cgroup;
    Fd control;  // to the supervisor: orders come, notes go; when it closes, the guest ends
    Fd start;    // from the launcher: the mounts of the workspace and the shares, then the word to go on
    Fd workspace;
    bool has_range;                 // of ids: it is root inside, and the guest another user
    unsigned guest_uid, guest_gid;  // inside
};

// The life of the keeper. When it ends, the kernel kills all that its commands left behind.
[[noreturn]] void keep(KeeperPlan plan);

}  // namespace heddle::sandbox
