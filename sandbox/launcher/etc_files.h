// sandbox/launcher/etc_files.h: The /etc that guests have in a view of their own.
#pragma once

#include <map>
#include <string>

#include "sandbox/policy.h"

namespace heddle::sandbox {

using EtcFiles = std::map<std::string, std::string>;  // path below /etc, content

// The few files of the host's /etc that programs need and that hold no secret, read once before the first guest.
EtcFiles read_etc_files();

// A guest's own, on users, names and hosts.
EtcFiles etc_of_guest(NetworkMode network, unsigned uid, unsigned gid);

}  // namespace heddle::sandbox
