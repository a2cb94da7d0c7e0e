// sandbox/launcher/overlay.h: A workspace that is copied on write: the host's folder below, memory above.
#pragma once

#include <cstdint>
#include <string>

#include "sandbox/fd.h"

namespace heddle::sandbox {

struct OverlaySize {
    std::uint64_t bytes, files;  // of all that is written
};

// An overlay that is mounted, and what is needed to mount it anew: held by descriptor, so that neither lies in the
// guest's view, and no name there is asked for them.
struct Overlay {
    Fd changes;        // the upper folder, with its whiteouts
    Fd lower, memory;  // attached nowhere: the host's folder, and the file system that the upper folder lies on
    Fd place, merged;  // the folder beneath the overlay, and the overlay's root
};

// Mounts both at `place`, an empty folder of the new root, by way of the scaffold, on which the guest's memory lies.
// What is written lies in a tmpfs of this size; it begins with a copy of `earlier`, if there is one. Unless it
// `can_return`, what it is made of is not kept. Throws SetupError.
Overlay attach_overlay(const Fd& lower, Fd place, const OverlaySize& size, const Fd& earlier, bool can_return);

// An upper folder and its working folder, made in `memory`, which is a path: by names that no other layer there has.
struct UpperLayer {
    std::string changes, work;
};
UpperLayer upper_layer(const std::string& memory, unsigned number);

// Makes a folder for changes, which looks like the host's. Throws SetupError.
void make_changes(const std::string& path, const std::string& lower);

// The overlay of these folders, at the folder `merged`. Throws SetupError.
void mount_overlay(const std::string& lower, const UpperLayer& layer, const std::string& merged);

}  // namespace heddle::sandbox
