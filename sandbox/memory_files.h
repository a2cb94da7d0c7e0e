// sandbox/memory_files.h: Files of memory that processes hold open (memfd_create), which nobody need have mapped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// What each takes, in bytes, by its inode: one that several hold is there once.
using MemoryFiles = std::map<ino_t, std::uint64_t>;

// Those that these processes of a /proc hold open now. One that is on its way through a socket nobody holds, and who
// forbids that he be looked into shows none.
MemoryFiles find_memory_files(const Fd& proc, const std::vector<pid_t>& processes);

std::uint64_t bytes_of(const MemoryFiles& files);

// How much of these a process has mapped; what several have mapped counts once in all.
std::uint64_t mapped_bytes(const MemoryFiles& files, const Fd& proc, pid_t process);

}  // namespace heddle::sandbox
