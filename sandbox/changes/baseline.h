// sandbox/changes/baseline.h: What the host's folder looked like when the workspace was opened, known by its time
// alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sandbox/changes/tree.h"

namespace heddle::sandbox::changes {

// Costs nothing to take, however many files there are: whatever has a younger ctime or mtime was changed since.
//
// How honest that is. File systems stamp with a clock that stands still for a tick (1 to 10 ms; clock_getres of
// CLOCK_REALTIME_COARSE), so an edit can bear a stamp up to a tick older than it is. `opened` is the exact time, so
// what was written before never counts as an edit (equal stamps included), but an edit less than a tick after can be
// missed; once settle() has returned, none can. The guest sees such an early edit, unless it changed the same file
// before. Nobody but the clock's owner can set a ctime back, so `touch -d` and `cp -p` hide nothing. Blind spots: a
// clock that is set back; file systems of another machine, whose clock stamps; and the mode of a folder, whose ctime
// also moves with its entries: there the last writer wins.
struct Baseline {
    static Baseline take();  // before the view is mounted; throws Error

    // Waits until the file systems' clock has passed `opened`: at most a tick, less by what was done since take().
    // To be called before the first command of the guest runs.
    void settle() const;

    bool is_newer(const std::string& path, const Stat& on_host) const;

    std::int64_t opened = 0;                      // CLOCK_REALTIME in ns
    std::map<std::string, std::int64_t> written;  // ctime of what commit itself has put there since
};

}  // namespace heddle::sandbox::changes
