// sandbox/launcher/overlay.h: A workspace that is copied on write: the host's folder below, memory above.
#pragma once

#include <cstdint>

#include "sandbox/fd.h"

namespace heddle::sandbox {

struct OverlaySize {
    std::uint64_t bytes, files;  // of all that is written
};

// Mounts both at `place`, an empty folder of the new root, by way of the scaffold, on which the guest's memory lies.
// What is written lies in a tmpfs of this size. Returns the folder in which it lies: the overlay's upper one, with its
// whiteouts, which is a copy of `earlier` to begin with, if there is one. Throws SetupError.
Fd attach_overlay(const Fd& lower, const Fd& place, const OverlaySize& size, const Fd& earlier);

}  // namespace heddle::sandbox
