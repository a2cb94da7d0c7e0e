// sandbox/probe.h: What this machine offers for the sandbox, found out by trying it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"

namespace heddle::sandbox {

struct HostReport {
    struct Layer {
        std::string name;
        bool present = false;
        std::string detail;
    };
    std::vector<Layer> layers;
    bool usable = false;                     // a command has really run in the sandbox, in tier A
    std::string conclusion;                  // one sentence: what follows
    std::optional<Enforcement> enforcement;  // what held the command, in whichever tier it ran
};

// Tries each layer alone, then all of them with one command. Takes some milliseconds. Throws Error if the launcher does
// not start.
HostReport probe(const std::filesystem::path& launcher = {});

}  // namespace heddle::sandbox
