// sandbox/launcher/overlay.h: A workspace that is copied on write: the host's folder below, memory above.
#pragma once

#include <cstdint>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// Mounts both at `place`, an empty folder of the new root, by way of the scaffold, on which the guest's memory lies.
// What is written lies in a tmpfs of `bytes` and `files`. Returns the folder in which it lies: the overlay's upper one,
// with its whiteouts. Throws SetupError.
Fd attach_overlay(const Fd& lower, const Fd& place, std::uint64_t bytes, std::uint64_t files);

}  // namespace heddle::sandbox
