// sandbox/launcher/capabilities.h: A guest has no capabilities, and no way to get one back.
#pragma once

namespace heddle::sandbox {

// Empties the bounding and the ambient set and locks the securebits; needs CAP_SETPCAP, so it comes before the change
// of user. Throws SetupError.
void close_capability_sources();

// Empties the other sets and holds against the kernel that all of them are empty. Throws SetupError.
void drop_capabilities();

}  // namespace heddle::sandbox
