// sandbox/error.h: The one exception of this folder: what was tried, on what, and the errno in words.
#pragma once

#include <stdexcept>
#include <string>

namespace heddle::sandbox {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
    Error(const std::string& doing, int errno_value);  // "doing: strerror(errno_value)"
};

}  // namespace heddle::sandbox
