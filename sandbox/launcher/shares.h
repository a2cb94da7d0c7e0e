// sandbox/launcher/shares.h: Lays files and folders of the host, and covers, into a guest's view.
#pragma once

#include <span>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/launcher/places.h"
#include "sandbox/share.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// The mount of a share, as whoever calls may reach it. With `identities` (of root) its owner becomes the guest: what is
// listed can be read, or written, as by its owner. Throws SetupError.
Fd open_share(const Share& share, Identities* identities);

// Trees in the order of their shares, into the working folder, which is the new root. Throws SetupError.
void attach_shares(const std::vector<Share>& shares, std::span<const Fd> trees, HomeOwner owner);

// Over what is there by then of the workspace and the shares. Throws SetupError.
void lay_covers(const Opening& opening);

}  // namespace heddle::sandbox
