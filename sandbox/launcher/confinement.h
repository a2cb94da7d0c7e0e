// sandbox/launcher/confinement.h: The shelter of rules alone (tier C): for where no namespace can be had.
#pragma once

#include <string>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// Why this opening cannot be meant without namespaces, or "": said before anything is made. Root's guests are another
// user, to whom nothing of the host can be lent without mounts.
std::string refusal_in_confinement(const Opening& opening, bool is_another_user);

// In the keeper, an ordinary process: makes the guest's home and its /tmp in its folder, and the rules that each
// command will put on. The workspace is a copy for who may write it, or is another user than its owner. Throws
// SetupError.
Shelter build_confinement(const KeeperPlan& plan);

}  // namespace heddle::sandbox
