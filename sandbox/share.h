// sandbox/share.h: Files and folders of the host that a guest sees beside its workspace, and which it may not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sandbox/policy.h"

namespace heddle::sandbox {

struct Share {
    std::filesystem::path source;  // on the host: absolute, without links
    std::filesystem::path place;   // inside
    bool writable = false;
    std::uint64_t device = 0, inode = 0;  // what was checked is what must be mounted
    bool operator==(const Share&) const = default;
};

inline constexpr std::size_t shares_max = 64;  // each is a mount of every guest

// What `read`, `write` and `caches` of the policy come to, each folder before what lies in it; what a guest sees anyway
// is left out. The workspace is normal and there. Throws Error for what is missing, for what would hand out the host
// (/, /proc, /sys, /dev, /run, /etc, a home folder), and for what leads through a link that a guest could turn.
std::vector<Share> find_shares(const Policy& policy);

}  // namespace heddle::sandbox
