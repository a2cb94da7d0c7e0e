// sandbox/launcher/cgroup.h: A cgroup for each guest, where this process may make one.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/limits.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// What the kernel counts in a cgroup that holds memory, by descriptors that are open: also for who could not open them
// any more. An older kernel may lack one; then nothing is known of it.
struct CgroupCounters {
    static CgroupCounters open(const Fd& folder, MemoryKeeper version);

    bool killed() const;  // the kernel has killed in it
    std::uint64_t peak_bytes() const;

    Fd kills, peak;
};

// One guest's cgroups. The kernel holds the memory limit (and the number of tasks, where it can).
class Cgroup {
 public:
    Cgroup() = default;
    Cgroup(Cgroup&&) noexcept = default;
    Cgroup& operator=(Cgroup&& other) noexcept;
    ~Cgroup() { remove(); }

    // A guest's own, for its keeper when that is executed anew: nothing is made, entered or removed by it.
    static Cgroup from_within(MemoryKeeper keeper, Fd task_events);

    MemoryKeeper keeper() const { return keeper_; }
    const Fd& memory() const { return memory_; }            // the folder; none if limits are polled
    const Fd& task_events() const { return task_events_; }  // where a refused task is counted; none if it is nowhere
    // For clone3: the folder into which a guest is born, or -1 (version 1, which cannot, and polled limits).
    int birthplace() const { return keeper_ == MemoryKeeper::cgroup2 ? memory_.get() : -1; }
    // In version 1 the guest's first process moves itself. Throws SetupError.
    void enter() const;
    // Nothing bounds it before. Throws SetupError.
    void limit(const Limits& limits) const;
    const CgroupCounters& counters() const { return counters_; }
    // What whoever closes all else has to keep; -1 for what is not there.
    std::array<int, 3> kept() const { return {task_events_.get(), counters_.kills.get(), counters_.peak.get()}; }

 private:
    friend class CgroupParent;
    bool try_limit(const Limits& limits) const;
    void remove();
    MemoryKeeper keeper_ = MemoryKeeper::polled;
    std::string memory_path_, tasks_path_;
    Fd memory_, task_events_;
    CgroupCounters counters_;
    std::vector<Fd> doors_;  // version 1: files that take the one who writes to them
};

// Where cgroups can be made: found once by making one.
class CgroupParent {
 public:
    static CgroupParent find();

    std::string describe() const;  // "v1: memory, pids"; "" if there is none
    Cgroup make();                 // an empty one where none can be made; throws SetupError

 private:
    std::optional<Cgroup> try_make();
    MemoryKeeper keeper_ = MemoryKeeper::polled;
    std::string memory_, tasks_;  // parent folders; tasks_ may be empty
    std::uint64_t made_ = 0;
};

}  // namespace heddle::sandbox
