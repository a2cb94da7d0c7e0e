// sandbox/launcher/enclosure.h: The shelter in namespaces (tier A): a network, a view and a /proc of its own.
#pragma once

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// In PID 1 of the guest's namespaces; `tree` is the workspace's mount, where root made it outside. Throws SetupError.
Shelter build_enclosure(const KeeperPlan& plan, const Fd& tree);

}  // namespace heddle::sandbox
