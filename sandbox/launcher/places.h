// sandbox/launcher/places.h: Where things of the host are laid in a new root, however its links run.
#pragma once

#include <sys/types.h>

#include <string>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// Who gets the folders that are made on the way below the guest's home.
struct HomeOwner {
    uid_t uid;
    gid_t gid;
};

// Opens what is at `path` (absolute, as the guest will name it) in the working folder, which is the new root, and makes
// it and the folders above where they are not there: an empty folder, or a file. Links are followed as the guest would:
// none leads out of the new root. Throws SetupError.
Fd make_place(const std::string& path, bool is_folder, HomeOwner owner);

// Opens what is there at `path` below `base`, which was made as a place: from there on through no link at all. Throws
// SetupError.
Fd find_place(const std::string& base, const std::string& path);

// Puts a cloned tree at a place. Throws SetupError.
void attach_at(const Fd& tree, const Fd& place, const std::string& path);

}  // namespace heddle::sandbox
