// runtime/error.h: The one exception of this folder: what was tried, on what, why it failed, what to do.
#pragma once

#include <stdexcept>

namespace heddle {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace heddle
