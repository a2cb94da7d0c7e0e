// sandbox/policy_now.h: What the lists of a policy meet on this machine now, for who wants to know before he runs.
#pragma once

#include <string>
#include <vector>

#include "sandbox/policy.h"

namespace heddle::sandbox {

struct MetNow {
    std::vector<std::string> paths;  // those of the workspace from there
    std::string error;               // or why a guest would be refused, in one line
};

struct PolicyNow {
    MetNow hidden, protected_paths;
    MetNow shared;                       // of `read`, `write` and `caches`: where each lies on the host
    std::vector<std::string> unmatched;  // patterns of `hide` that meet nothing
};

// Looks through the workspace as an opening does, and opens nothing. Throws Error for a workspace that cannot be one.
PolicyNow look_at_policy(const Policy& policy);

}  // namespace heddle::sandbox
