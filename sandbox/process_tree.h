// sandbox/process_tree.h: Who descends from a process, where no namespace tells a guest's processes from others.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

struct ProcessEntry {
    pid_t pid = 0, parent = 0;
    bool has_ended = false;  // and waits to be reaped
};

// One process as it is now; none if there is none of this number.
std::optional<ProcessEntry> look_at_process(const Fd& proc, pid_t pid);

// All that live below `root` in this /proc, by one look; without the trees of `spared`. A process whose parents have
// ended is found below its reaper.
std::vector<ProcessEntry> descendants(const Fd& proc, pid_t root, const std::set<pid_t>& spared = {});

// How many tasks of this user there are, as the kernel counts them for RLIMIT_NPROC.
std::uint64_t tasks_of(const Fd& proc, uid_t user);

}  // namespace heddle::sandbox
