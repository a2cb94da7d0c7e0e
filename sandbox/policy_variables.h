// sandbox/policy_variables.h: Variables of the host that no policy passes on by name alone.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sandbox {

// What the variable is by its name, as "secret", or "" where it may be passed on.
std::string why_not_passed(std::string_view name);

}  // namespace heddle::sandbox
