// sandbox/changes/swap.h: Carries out the steps of a commit, and undoes as many as were carried out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sandbox/changes/plan.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// `before` is called ahead of each step. Throws Error at the first that fails.
void apply(const Plan& plan, const Fd& root, const Fd& slots, const std::function<void()>& before);

// Takes back, from the last to the first, what of the plan is done by the look of the disk; may itself be cut off at
// any point and called again. Where the host has put something else in a place meanwhile, that stays, and what had been
// there stays in its slot: returns a line on each.
std::vector<std::string> undo(const Plan& plan, const Fd& root, const Fd& slots);

}  // namespace heddle::sandbox::changes
