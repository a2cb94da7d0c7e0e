// sandbox/policy_meet.h: The order of permissions: what two of them share, and where one exceeds the other.
#pragma once

#include <string>
#include <vector>

#include "sandbox/policy_file.h"

namespace heddle::sandbox {

// Every field of the arguments is set, but for those of `changes`.

Permissions meet(const Permissions& a, const Permissions& b);
std::vector<std::string> excess(const Permissions& base, const Permissions& wanted);  // a sentence each
Permissions changed(const Permissions& base, const Permissions& changes);

const char* name_of(FsRules::Workspace workspace);
const char* name_of(NetworkRules::Mode mode);

}  // namespace heddle::sandbox
