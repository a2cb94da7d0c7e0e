// sandbox/launcher/capabilities.h: A guest has no capabilities, and no way to get one back.
#pragma once

namespace heddle::sandbox {

// Whether this process has it now (CAP_*).
bool has_capability(int capability);

// Empties the bounding and the ambient set and locks the securebits; needs CAP_SETPCAP, so it comes before the change
// of user. Throws SetupError.
void close_capability_sources();

// Empties the other sets and holds against the kernel that all of them are empty, the bounding set too if its sources
// were closed. Throws SetupError.
void drop_capabilities(bool sources_are_closed);

}  // namespace heddle::sandbox
