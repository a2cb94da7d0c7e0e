// sandbox/launch.h: A launcher that has been started and has answered.
#pragma once

#include <filesystem>
#include <utility>

#include "sandbox/child.h"
#include "sandbox/fd.h"

namespace heddle::sandbox {

struct Launch {
    Launch(Fd to, Child launcher) : socket(std::move(to)), child(std::move(launcher)) {}
    Launch(Launch&&) = default;
    ~Launch();  // asks it to end, and waits a bounded time while it ends its guests and removes what it made for them

    Fd socket;    // requests go here
    Child child;  // ends with this
};

// The one beside the running executable. Throws Error.
std::filesystem::path standard_launcher();

// Starts `launcher`, or the one beside the running executable if that is empty. Throws Error.
Launch launch(const std::filesystem::path& launcher);

}  // namespace heddle::sandbox
