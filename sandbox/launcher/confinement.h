// sandbox/launcher/confinement.h: The shelter of rules alone (tier C): for where no namespace can be had.
#pragma once

#include <string>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// Why this policy cannot be kept without namespaces, or "": said before anything is made.
std::string refusal_in_confinement(const Policy& policy);

// In the keeper, an ordinary process: makes the guest's folder with its home, its /tmp and its copy of the workspace,
// and the rules that each command will put on. Throws SetupError.
Shelter build_confinement(const KeeperPlan& plan);

}  // namespace heddle::sandbox
