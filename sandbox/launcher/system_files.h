// sandbox/launcher/system_files.h: What of the host's system all guests see alike: looked at once, laid for each or for
// all.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/etc_files.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

struct HostSystem {
    EtcFiles etc;
    std::vector<std::string> etc_folders;                    // below /etc
    std::vector<std::pair<std::string, std::string>> links;  // at the root: name, target
    std::vector<std::string> folders;                        // at the root, beside links: names
};
HostSystem read_host_system();

struct SystemPlan {
    const HostSystem& host;
    NetworkMode network;
    unsigned guest_uid, guest_gid;  // inside
};

// Makes `etc` and `dev` in the working folder, with what the host has for them and without what is each guest's own:
// /dev/pts and /dev/shm are empty. Throws SetupError.
void lay_system(const SystemPlan& plan);

// The same, made once by root for all guests of a network mode: nobody can write to it, for the file system itself is
// read only, and belongs to no guest. It is attached nowhere and goes with this process.
class CommonSystem {
 public:
    // `etc` and `dev`, to be attached; none where only guests can make them: this process is not root, or its kernel
    // is older than Linux 6.15 and clones nothing that is attached nowhere.
    std::vector<Fd> clone(const SystemPlan& plan);

 private:
    std::map<NetworkMode, Fd> made_;
    bool can_ = true;
};

}  // namespace heddle::sandbox
