// sandbox/launcher/body.h: Reads what is too long for a message from the file in memory that crossed with it.
#pragma once

#include <string>

#include "sandbox/fd.h"

namespace heddle::sandbox {

// At most request_bytes_max. Throws SetupError.
std::string read_body(const Fd& file);

}  // namespace heddle::sandbox
