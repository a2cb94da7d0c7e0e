// sandbox/error.cpp: Puts the text of an errno behind what was being done.
#include "sandbox/error.h"

#include <system_error>

namespace heddle::sandbox {

Error::Error(const std::string& doing, int errno_value)
    : std::runtime_error(doing + ": " + std::generic_category().message(errno_value)) {}

}  // namespace heddle::sandbox
