// sandbox/process_tree.h: The processes of a /proc, and who of them descends from whom.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

struct ProcessEntry {
    pid_t pid = 0, parent = 0, session = 0;
    bool has_ended = false;  // and waits to be reaped
    bool is_stopped = false;
    std::uint64_t ticks = 0;  // of processor time, its own and that of the children it has reaped
};

// All that there are, by their numbers.
std::vector<pid_t> all_processes(const Fd& proc);

// One process as it is now; none if there is none of this number.
std::optional<ProcessEntry> look_at_process(const Fd& proc, pid_t pid);

// All that live below `root` in this /proc, by one look; without the trees of `spared`. A process whose parents have
// ended is found below its reaper.
std::vector<ProcessEntry> descendants(const Fd& proc, pid_t root, const std::set<pid_t>& spared = {});

// How many tasks of this user there are, as the kernel counts them for RLIMIT_NPROC.
std::uint64_t tasks_of(const Fd& proc, uid_t user);

}  // namespace heddle::sandbox
