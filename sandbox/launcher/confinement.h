// sandbox/launcher/confinement.h: The shelter of rules alone (tier C): for where no namespace can be had.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// Why this opening cannot be meant without namespaces, or "": said before anything is made. Root's guests are another
// user, to whom nothing of the host can be lent without mounts.
std::string refusal_in_confinement(const Opening& opening, bool is_another_user);

// A copy of the workspace in the guest's folder, whose owner it is, if one is given. Returns its path. Throws
// SetupError.
std::string copy_workspace(const KeeperPlan& plan, std::optional<uid_t> owner = {});

// In the keeper, an ordinary process: makes the guest's folder with its home, its /tmp and its copy of the workspace,
// and the rules that each command will put on. Throws SetupError.
Shelter build_confinement(const KeeperPlan& plan);

}  // namespace heddle::sandbox
