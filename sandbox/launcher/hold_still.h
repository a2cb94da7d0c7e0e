// sandbox/launcher/hold_still.h: Stops all that runs in a guest for a moment, so that its files can be copied whole.
#pragma once

#include <sys/types.h>

#include <set>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// In PID 1 of a namespace, of which `proc` shows the processes: nothing else there runs as long as this lives. What was
// stopped before stays so. Throws SetupError where one does not stop.
class HoldStill {
 public:
    explicit HoldStill(const Fd& proc);
    HoldStill(const HoldStill&) = delete;
    ~HoldStill() { let_go(); }

 private:
    bool all_stopped() const;
    void let_go() const;

    const Fd& proc_;
    std::set<pid_t> stopped_before_;
};

}  // namespace heddle::sandbox
