// sandbox/launcher/bubblewrap.h: Lets bubblewrap make a guest's namespaces and view, where only it may (tier B).
//
// On some machines user namespaces are for programs that a profile of AppArmor names, or for set-uid ones, and
// bubblewrap is the one that is. It is executed with a list of what to lay where, each by a descriptor that was checked
// before; within, this program is executed again, looks whether all of it is so, and goes on as the keeper.
#pragma once

#include <string>

#include "sandbox/launcher/keeper.h"

namespace heddle::sandbox {

// No other is looked for: a profile blesses a path, and a guest of ours could have written any other.
inline constexpr const char* bubblewrap_path = "/usr/bin/bwrap";

// Why this opening cannot be meant by bubblewrap, or "".
std::string refusal_by_bubblewrap(const Opening& opening);

// Whether a guest of this opening needs a folder on disk, for what covers others.
bool needs_folder(const Opening& opening);

// Has it make a guest without a workspace, which looks at itself from within. Throws SetupError, for root always: what
// root's bubblewrap makes leaves the host's /proc/sys open.
void try_bubblewrap();

// In a child of the launcher: waits for the launcher's word to go on, then becomes bubblewrap, which runs the keeper.
// What it complains of goes to `complaints`. If something fails before, the guest's socket is told.
[[noreturn]] void become_bubblewrap(const KeeperPlan& plan, const Fd& complaints);

// What has been said so far.
std::string read_complaints(const Fd& pipe);

}  // namespace heddle::sandbox
