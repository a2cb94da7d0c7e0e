// sandbox/launcher/capabilities.h: A guest has no capabilities, and no way to get one back.
#pragma once

namespace heddle::sandbox {

// Whether this process has it now (CAP_*).
bool has_capability(int capability);

// Empties the bounding and the ambient set, holds that against the kernel, and locks the securebits; for good, and for
// all children. Needs CAP_SETPCAP. What this process has now it keeps. Throws SetupError.
void close_capability_sources();

// Empties the other sets and holds against the kernel that they are empty. Throws SetupError.
void drop_capabilities();

}  // namespace heddle::sandbox
