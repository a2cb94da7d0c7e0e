// sandbox/launcher/enclosure.h: The shelter in namespaces (tier A): a network, a view and a /proc of its own.
#pragma once

#include <vector>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// What stands before the guest is asked for.
struct Groundwork {
    std::vector<Fd> listeners;  // for the proxy, if there is to be one
    BaseView view;
};

// In PID 1 of the guest's namespaces, by the plan's network mode alone. `common` is what root made outside: /etc and
// /dev as all guests have them. Throws SetupError.
Groundwork lay_groundwork(const KeeperPlan& plan, const std::vector<Fd>& common);

// On it, with the whole plan. `trees` are the mounts of the workspace and the shares, if root made them outside. Throws
// SetupError.
Shelter build_enclosure(const KeeperPlan& plan, Groundwork groundwork, const std::vector<Fd>& trees);

// Who holds the layers of a guest in a view of its own, whoever laid it, but for the disk, which is nobody's yet: each
// stands once the view does and Landlock lies over it.
Enforcement held_in_view(const KeeperPlan& plan);

// The System V segments of the caller's namespace, to be read by whoever has no place in it. Throws SetupError.
Fd open_segments();

// Landlock over a view of a guest's own, for the calling process and all that it starts: a second lock behind the
// mounts. The keeper goes into the domain too, so that all commands share one: each may signal what another has
// started. Throws SetupError.
void enter_landlock_of_view(const Opening& opening);

// The same of a guest that may go back, for an usher to take: its workspace is its overlay's root, as it is now. Throws
// SetupError.
LandlockRules landlock_of(const Shelter& shelter);

}  // namespace heddle::sandbox
