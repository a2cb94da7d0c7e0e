// sandbox/child.h: The launcher's process: started clean, ended with its owner.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "sandbox/fd.h"

namespace heddle::sandbox {

class Child {
 public:
    // Starts `program` with `socket` as its descriptor 3, no others but the standard ones, an empty environment,
    // default signals and a session of its own, so that Ctrl-C at the terminal reaches only us. Throws Error.
    static Child spawn(const std::filesystem::path& program, const Fd& socket);

    Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
    Child& operator=(Child&&) = delete;
    ~Child();  // kills and reaps it

    void await_end(int milliseconds_max) const;  // by itself

 private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

}  // namespace heddle::sandbox
