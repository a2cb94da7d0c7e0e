// sandbox/launcher/tree_end.h: Ends all that a process has started: as PID 1, or where none takes it along.
#pragma once

#include <sys/types.h>

#include <set>

namespace heddle::sandbox {

// Kills all that descends from this process but `spared` and what those started, and reaps its own children. Orphans
// descend from this process too if it is a subreaper. Gives up after some seconds on what hangs in the kernel.
void end_descendants(const std::set<pid_t>& spared = {});

// In PID 1 of a namespace: kills all others there, and reaps until nobody is left.
void end_namespace();

}  // namespace heddle::sandbox
