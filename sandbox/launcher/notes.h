// sandbox/launcher/notes.h: What the launcher and keepers tell supervisors, who may be gone.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <span>

#include "sandbox/fd.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// To nobody, where the other end is closed: that is also what ends the guest or the command.
void tell(const Fd& socket, const Note& note, std::span<const int> fds = {});
void tell_failure(const Fd& socket, const char* why);

std::chrono::microseconds cpu_of(const rusage& usage);  // user and system

// Of a guest that has used so much time and whose largest process so much memory, unless its cgroup knows better.
Note note_of_end(const Cgroup& cgroup, std::chrono::microseconds cpu, long largest_kib);

}  // namespace heddle::sandbox
