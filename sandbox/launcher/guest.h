// sandbox/launcher/guest.h: A running guest as the launcher holds it, and how one is started.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sandbox/channel.h"
#include "sandbox/launcher/blank.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/launcher/guest_folder.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/launcher/view.h"

namespace heddle::sandbox {

// What all guests share; made once, before the first.
struct Ground {
    Identities identities;
    CgroupParent cgroups = CgroupParent::find();
    HostSystem host = read_host_system();
    CommonSystem common = {};
    Blanks blanks = {};
    SeccompFilter filter = compile_seccomp();
    std::set<pid_t> lone_keepers = {};  // of guests of tiers B and C, whose ends leave something to be looked for

    // The strongest tier that guests can have here, found out by trying; kept once it is known. None: nothing runs.
    // Tier D is none that can be found.
    std::optional<Tier> tier();
    std::string why_weaker;  // than A: which step failed, why, what to do

    // Of those that may be had here; the first asks what killed processes have left away. Throws SetupError.
    GuestFolder make_folder();

    // What guests of weaker tiers leave comes to this process, which then ends it. Throws SetupError.
    void take_orphans();

    // For guests without namespaces, by whether they have the host's network; compiled for the first of each.
    const SeccompFilter& lone_filter(NetworkMode network);

 private:
    std::optional<Tier> found_;
    bool has_swept_ = false;
    std::map<bool, SeccompFilter> lone_filters_;
};

struct Guest {
    Fd control;  // to its supervisor; when that end closes, the guest dies
    Fd start;    // to its keeper; held until the end as a sign of life
    Clone keeper;
    Cgroup cgroup;
    GuestFolder folder;   // of tier B for what covers others, and of C: all that it may write to but the workspace
    Fd complaints;        // of tier B: what bubblewrap says before the keeper is there
    bool killed = false;  // because its supervisor has gone
};

// Starts the guest that a request asks for. If that fails, the requester is told and there is no guest.
std::optional<Guest> start_guest(Message request, Ground& ground);

// Tells a requester whose message arrived cut, by the first of its descriptors, that there will be no guest.
void refuse_guest(const CutMessage& request);

// To be called once its keeper has ended: reaps it, ends what it left, removes its folder, tells the supervisor in case
// the keeper could not, and removes its cgroup.
void finish(Guest guest, Ground& ground);

}  // namespace heddle::sandbox
