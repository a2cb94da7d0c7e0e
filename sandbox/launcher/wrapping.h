// sandbox/launcher/wrapping.h: The shelter that bubblewrap has made (tier B), as this program finds it from within.
#pragma once

#include <span>
#include <string>

#include "sandbox/launcher/keeper.h"
#include "sandbox/launcher/shelter.h"

namespace heddle::sandbox {

// The first argument of this program where bubblewrap executes it, and the numbers of the descriptors it is given.
inline constexpr const char* keeper_word = "keeper";
inline constexpr const char* trial_word = "trial";
enum class Given { start = 3, control, workspace, opening, task_events };

// The namespaces of this process as one text, to be told from those within. Throws SetupError.
std::string own_namespaces();

// What bubblewrap's child does with its arguments: keeper NAMESPACES MEMORY, or trial NAMESPACES, where NAMESPACES are
// those outside, which it must not share. Returns the exit status of a trial.
int go_on_within(std::span<char*> arguments);

// In PID 1 of the guest's namespaces: sees that each thing lies where it should, then puts Landlock over it. Throws
// SetupError.
Shelter build_wrapping(const KeeperPlan& plan);

}  // namespace heddle::sandbox
