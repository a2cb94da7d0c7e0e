// sandbox/launcher/view.h: What a guest sees: a read-only system, its workspace, and folders of its own.
#pragma once

#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/system_files.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

struct ViewPlan {
    const Opening& opening;
    const HostSystem& host;
    const Fd& workspace;            // O_PATH, as the policy's owner opened it
    const Fd& earlier;              // changes to it that are there from the start, or none
    const std::vector<Fd>& trees;   // the mounts of the workspace and the shares, made by root outside; none: made here
    const std::vector<Fd>& system;  // /etc and /dev as all guests have them; none: made here
    unsigned guest_uid, guest_gid;  // inside
};

// What others need to see of it: the guest's /proc, and where the changes to a workspace lie that is copied on write.
struct View {
    Fd proc, changes;
};

// Builds the view in this process's new mount namespace and makes it the root. Throws SetupError.
View build_view(const ViewPlan& plan);

}  // namespace heddle::sandbox
