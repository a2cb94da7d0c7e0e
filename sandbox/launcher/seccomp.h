// sandbox/launcher/seccomp.h: What a guest may not ask of the kernel, compiled once and put on before each exec.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace heddle::sandbox {

using SeccompFilter = std::vector<sock_filter>;

// Throws SetupError.
SeccompFilter compile_seccomp();

// The same for a guest without namespaces, with what these would hold for it. Throws SetupError.
SeccompFilter compile_lone_seccomp(bool has_network);

// Puts the filter on the calling thread for good. Needs no_new_privs. Throws SetupError.
void apply_seccomp(const SeccompFilter& filter);

}  // namespace heddle::sandbox
