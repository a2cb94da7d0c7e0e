// sandbox/launcher/view.h: What a guest sees: a read-only system, its workspace, and folders of its own.
#pragma once

#include <vector>

#include "sandbox/fd.h"
#include "sandbox/launcher/overlay.h"
#include "sandbox/launcher/system_files.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

// What any guest of a network mode sees, whatever else its policy says.
struct BasePlan {
    SystemPlan system;
    const std::vector<Fd>& common;  // /etc and /dev as all guests have them; none: made here
};

// In the working folder, while paths still mean the host.
struct BaseView {
    Fd proc;   // the guest's
    Fd knobs;  // those of the kernel in it, past what keeps them from being written
};

// Lays it in this process's new mount namespace. Throws SetupError.
BaseView lay_base(const BasePlan& plan);

struct ViewPlan {
    const Opening& opening;
    const Fd& workspace;            // O_PATH, as the policy's owner opened it
    const Fd& earlier;              // changes to it that are there from the start, or none
    const std::vector<Fd>& trees;   // the mounts of the workspace and the shares, made by root outside; none: made here
    unsigned guest_uid, guest_gid;  // inside
};

// What others need to have of it: the guest's /proc, and the overlay over a workspace that is copied on write.
struct View {
    Fd proc;
    Overlay overlay;
};

// Adds what a policy says to the base, and makes it the root. Throws SetupError.
View build_view(BaseView base, const ViewPlan& plan);

}  // namespace heddle::sandbox
