// sandbox/launcher/unconfined.h: The shelter that is none (tier D): for who has said that he wants no sandbox.
#pragma once

#include <string>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// Why this opening would be more than not kept, namely wrong, where nothing is enforced; or "".
std::string refusal_unconfined(const Opening& opening);

// In the keeper, an ordinary process: a home and a /tmp of the guest's own, so that it litters nobody's. Commands run
// as whoever runs Heddle, in the workspace itself. Limits and the end of the guest's processes hold as in tier C, for
// a guest that does not fight them; so none of it is called enforced. Throws SetupError.
Shelter build_unconfined(const KeeperPlan& plan);

}  // namespace heddle::sandbox
