// sandbox/changes/describe.h: A list of changes as text for people and models.
#pragma once

#include <span>
#include <string>

#include "sandbox/changes/change.h"

namespace heddle::sandbox::changes {

// A line a change: `A path`, `M path`, `D path`, `T path` (another type), `M path (mode 644 -> 755)`, and
// `! path (why)` for what commit will not take. Folders end in a slash; what goes with a folder is counted on its line.
// At most `lines_max` lines, of which the refused come first, and then "... and N more".
std::string describe(std::span<const Change> changes, std::size_t lines_max = 200);

}  // namespace heddle::sandbox::changes
