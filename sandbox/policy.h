// sandbox/policy.h: What a guest may see and do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/enforcement.h"
#include "sandbox/limits.h"
#include "sandbox/net/rules.h"

namespace heddle::sandbox {

enum class WorkspaceMode {
    direct,  // what a guest writes is written
    ro,      // a guest writes nothing
    cow,     // what a guest writes lies in memory, bounded by Limits::disk_bytes, until it is committed or dropped
    copy,    // the same over a private copy of the folder, for owners that cannot be the guest's; bounded likewise
};

// Whether what a guest writes to its workspace is kept apart until it is committed.
inline bool keeps_apart(WorkspaceMode mode) {
    return mode == WorkspaceMode::cow || mode == WorkspaceMode::copy;
}

enum class NetworkMode {
    off,    // a loopback of its own and nothing else
    proxy,  // the same, and on it a proxy and a name server that this process answers (sandbox/net)
    host,   // the host's network as it is, with its local servers
};

const char* name_of(NetworkMode mode);

struct Policy {
    std::filesystem::path workspace;  // absolute, an existing folder; appears at the same path inside
    WorkspaceMode mode = WorkspaceMode::direct;
    NetworkMode network = NetworkMode::off;
    NetRules net;                   // with NetworkMode::proxy
    Tier tier = Tier::a;            // at least, and in a weaker one nothing runs; but Tier::d is that and no other
    std::set<std::string> require;  // of require_names(); where one is not held, nothing runs
    Limits limits;
    // Files and folders of the host, absolute, that appear at the same path; `write` not with changes kept apart.
    std::vector<std::filesystem::path> read, write;
    // Globs from the workspace and from each folder of `read`, or absolute: what they meet at the start is covered.
    std::vector<std::string> hide;
    // With mode direct: globs from the workspace, and "default" for what commit protects. What is there is read only,
    // what comes is told. With changes kept apart it is for the commit to say.
    std::vector<std::string> protect;
    std::map<std::string, std::filesystem::path> caches;  // by name (sandbox/caches.h): the folder of the host
};

const char* name_of(WorkspaceMode mode);

struct TerminalSize {
    std::uint16_t rows = 24, columns = 80;
};

struct Command {
    std::vector<std::string> argv;                   // argv[0] is looked up in the guest's PATH; no shell reads it
    std::string input;                               // bytes of standard input, then end of file
    std::map<std::string, std::string> environment;  // added to the clean one (PATH, HOME, LANG, TERM, quiet tools)
    bool merge_output = false;                       // standard error goes where standard output goes, in order
    std::optional<TerminalSize> terminal = {};       // a terminal of its own in place of the three streams
    // With a terminal, which then is /dev/tty alone: standard input is a socket to talk over, both outputs are a pipe.
    bool is_talked_to = false;
};

}  // namespace heddle::sandbox
