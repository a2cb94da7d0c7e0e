// sandbox/launcher/landlock.h: What a guest may open: the second lock behind the mounts.
#pragma once

#include <string>
#include <vector>

namespace heddle::sandbox {

// The newest Landlock ABI of the running kernel, or 0.
int landlock_abi();

// Confines the calling thread for good: everything may be read and executed, the folders and files in `writable` may be
// written, and neither signals nor abstract sockets reach out. Needs no_new_privs. Throws SetupError.
void apply_landlock(const std::vector<std::string>& writable);

}  // namespace heddle::sandbox
