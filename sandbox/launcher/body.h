// sandbox/launcher/body.h: What a request says beside its kind, whether within its message or in a file that crossed.
#pragma once

#include <string>

#include "sandbox/channel.h"

namespace heddle::sandbox {

// At most request_bytes_max. Throws SetupError.
std::string read_body(const Fd& file);

// The counterpart of send_request(): takes the body out of the message, and the file from its descriptors if there is
// one. At most request_bytes_max. Throws SetupError.
std::string take_body(Message& request);

}  // namespace heddle::sandbox
