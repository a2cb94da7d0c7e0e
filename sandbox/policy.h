// sandbox/policy.h: What a guest may see and do.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sandbox/limits.h"

namespace heddle::sandbox {

enum class WorkspaceMode { direct, ro };  // read-write bind; read-only bind

// The network is off: a guest has a loopback of its own and nothing else.
struct Policy {
    std::filesystem::path workspace;  // absolute, an existing folder; appears at the same path inside
    WorkspaceMode mode = WorkspaceMode::direct;
    Limits limits;
};

struct Command {
    std::vector<std::string> argv;                   // argv[0] is looked up in the guest's PATH; no shell reads it
    std::string input;                               // bytes of standard input, then end of file
    std::map<std::string, std::string> environment;  // added to the clean one (PATH, HOME, LANG, TERM, quiet tools)
    bool merge_output = false;                       // standard error goes where standard output goes, in order
};

}  // namespace heddle::sandbox
