// sandbox/probe.h: What this machine offers for the sandbox, found out by trying it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace heddle::sandbox {

struct HostReport {
    struct Layer {
        std::string name;
        bool present = false;
        std::string detail;
    };
    std::vector<Layer> layers;
    bool usable = false;     // a command has really run in the sandbox
    std::string conclusion;  // one sentence: what follows
};

// Tries each layer alone, then all of them with one command. Takes some milliseconds. Throws Error if the launcher does
// not start.
HostReport probe(const std::filesystem::path& launcher = {});

}  // namespace heddle::sandbox
