// sandbox/launcher/met_limits.h: Which limits a command had met when it failed, of those that refuse and kill nobody.
#pragma once

#include <cstdint>

#include "sandbox/fd.h"
#include "sandbox/launcher/shelter.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// For the first process of a guest, in its view. A disk counts as met if it is full when the command ends: what a
// program took back after it had failed is not seen.
class MetLimits {
 public:
    MetLimits(const Policy& policy, const Fd& task_events, const Shelter& shelter)
        : policy_(policy), task_events_(task_events), shelter_(shelter) {}

    // How often the guest's cgroup has refused a task; 0 where there is none that counts it.
    std::uint64_t tasks_refused() const;

    // Adds to the note of a command that failed what it had met; `before` is tasks_refused() of its beginning.
    void add_to(Note& finished, std::uint64_t before) const;

 private:
    const Policy& policy_;
    const Fd& task_events_;
    const Shelter& shelter_;
};

}  // namespace heddle::sandbox
