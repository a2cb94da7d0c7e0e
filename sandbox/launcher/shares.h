// sandbox/launcher/shares.h: Lays the workspace, other files and folders of the host, and covers into a guest's view.
#pragma once

#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/overlay.h"
#include "sandbox/launcher/places.h"
#include "sandbox/share.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// A share as it was checked, by a path without links. Throws SetupError.
Fd find_source(const Share& share);

// The mount of a share, as whoever calls may reach it. With `identities` (of root) its owner becomes the guest: what is
// listed can be read, or written, as by its owner. Throws SetupError.
Fd open_share(const Share& share, Identities* identities);

// The mounts of the workspace, which `workspace` holds open, and of the shares, as the guest itself may make them.
// Throws SetupError.
std::vector<Fd> open_trees(const Opening& opening, const Fd& workspace);

// Puts these mounts into the working folder, which is the new root. Returns the overlay over the workspace, empty where
// changes are not kept apart; it begins with those of `earlier`, if there is one. Throws SetupError.
Overlay attach_trees(const Opening& opening, const std::vector<Fd>& trees, HomeOwner owner, const Fd& earlier);

// The workspace or the share that a cover lies in, as the guest sees it.
std::string base_of(const Cover& cover, const Opening& opening);

// Over what is there by then of the workspace and the shares. Throws SetupError.
void lay_covers(const Opening& opening);

}  // namespace heddle::sandbox
