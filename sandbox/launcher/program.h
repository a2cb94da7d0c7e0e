// sandbox/launcher/program.h: A command as execve() takes it: where its program may be, its arguments, its environment.
#pragma once

#include <string>
#include <vector>

#include "sandbox/launcher/shelter.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// Made before there is a process for it: that one shares its starter's memory, and shall leave nothing allocated there.
class Program {
 public:
    Program(const Command& command, const Shelter& shelter);
    Program(const Program&) = delete;

    // In this process. Comes back if none of the places where the program may be has it, and says why in errno.
    void execute() const;
    const char* name() const { return argv_[0]; }

 private:
    std::vector<std::string> arguments_, variables_, places_;
    std::vector<char*> argv_, environment_;
};

}  // namespace heddle::sandbox
