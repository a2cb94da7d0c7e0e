// tools/error.h: The one exception of this folder: why a call was refused or failed, in words for the model.
#pragma once

#include <stdexcept>

namespace heddle::tools {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace heddle::tools
