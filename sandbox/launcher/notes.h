// sandbox/launcher/notes.h: What the launcher and keepers tell supervisors, who may be gone.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <span>

#include "sandbox/fd.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// To nobody, where the other end is closed: that is also what ends the guest or the command.
void tell(const Fd& socket, const Note& note, std::span<const int> fds = {});
void tell_failure(const Fd& socket, const char* why);

std::chrono::microseconds cpu_of(const rusage& usage);  // user and system

}  // namespace heddle::sandbox
