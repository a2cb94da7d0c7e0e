// sandbox/launcher/guest.h: A running guest as the launcher holds it, and how one is started.
#pragma once

#include <optional>

#include "sandbox/channel.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/launcher/view.h"

namespace heddle::sandbox {

// What all guests share; made once, before the first.
struct Ground {
    Identities identities;
    CgroupParent cgroups = CgroupParent::find();
    EtcFiles etc = read_etc_files();
    SeccompFilter filter = compile_seccomp();
};

struct Guest {
    Fd control;  // to its supervisor; when that end closes, the guest dies
    Fd start;    // to its keeper; held until the end as a sign of life
    Clone keeper;
    Cgroup cgroup;
    bool killed = false;  // because its supervisor has gone
};

// Starts the guest that a request asks for. If that fails, the requester is told and there is no guest.
std::optional<Guest> start_guest(Message request, Ground& ground);

// Tells a requester whose message arrived cut, by the first of its descriptors, that there will be no guest.
void refuse_guest(const CutMessage& request);

// To be called once its keeper has ended: reaps it, tells the supervisor, removes the cgroup.
void finish(Guest guest);

}  // namespace heddle::sandbox
