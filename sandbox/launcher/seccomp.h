// sandbox/launcher/seccomp.h: What a guest may not ask of the kernel, compiled once and put on before each exec.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

using SeccompFilter = std::vector<sock_filter>;

// Throws SetupError.
SeccompFilter compile_seccomp();

// The same for a guest without namespaces, with what these would hold for it. Throws SetupError.
SeccompFilter compile_lone_seccomp(bool has_network);

// A filter of the same answers, but what would be handed to a listener is refused at once, with the same errno.
SeccompFilter without_notices(SeccompFilter filter);

// Puts the filter on the calling thread for good. Returns the listener to which the kernel hands some of what the
// filter refuses, and whose holder has to answer; none where the kernel gives none, and then all is refused at once.
// Needs no_new_privs. Throws SetupError.
Fd apply_seccomp(const SeccompFilter& filter);

}  // namespace heddle::sandbox
