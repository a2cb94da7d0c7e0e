// prompts/error.h: The one exception of this folder: a conversation or a text that cannot be handled.
#pragma once

#include <stdexcept>

namespace heddle::prompts {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace heddle::prompts
