// sandbox/launcher/setup_error.h: A step of the setup that failed: nothing runs, and the text says which, why, what to
// do.
#pragma once

#include <stdexcept>
#include <string>

namespace heddle::sandbox {

enum class Step {
    request,
    tier,
    clone,
    id_map,
    workspace,
    idmapped_mount,
    cgroup,
    identity,
    loopback,
    mounts,
    proc,
    pivot,
    limits,
    landlock,
    capabilities,
    seccomp,
    command
};

struct SetupError : std::runtime_error {
    SetupError(Step step, const std::string& doing, int errno_value);
    SetupError(Step step, const std::string& doing, const std::string& why);  // not for the kernel's reasons

    int error = 0;
};

// Throws SetupError with errno if `result` is -1.
int check(int result, Step step, const char* doing);

}  // namespace heddle::sandbox
