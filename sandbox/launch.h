// sandbox/launch.h: A launcher that has been started and has answered.
#pragma once

#include <filesystem>

#include "sandbox/child.h"
#include "sandbox/fd.h"

namespace heddle::sandbox {

struct Launch {
    Fd socket;    // requests go here
    Child child;  // ends with this
};

// The one beside the running executable. Throws Error.
std::filesystem::path standard_launcher();

// Starts `launcher`, or the one beside the running executable if that is empty. Throws Error.
Launch launch(const std::filesystem::path& launcher);

}  // namespace heddle::sandbox
