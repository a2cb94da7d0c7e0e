// sandbox/launcher/private_copy.h: A workspace copied whole, where it cannot be laid below another folder.
#pragma once

#include <sys/types.h>

#include <optional>

#include "sandbox/fd.h"
#include "sandbox/limits.h"

namespace heddle::sandbox {

// Copies files, folders and links with their modes and times from below `from` into the empty folder `to`; fifos,
// sockets and devices stay behind. All of it becomes `owner`'s, where there is one. Follows no link. Throws SetupError,
// also where it is more than the limits on a workspace's disk allow.
void copy_workspace(const Fd& from, const Fd& to, std::optional<uid_t> owner, const Limits& limits);

}  // namespace heddle::sandbox
