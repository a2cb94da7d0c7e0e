// sandbox/launcher/unconfined.cpp: Two folders and a subreaper; no rule, no filter, no other user.
#include "sandbox/launcher/unconfined.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/launcher/setup_error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox {

std::string refusal_unconfined(const Opening& opening) {
    const Policy& policy = opening.policy;
    if (policy.mode != WorkspaceMode::direct)
        return fmt::format("a workspace in the mode {}: what is written to it would be written; use the mode direct",
                           name_of(policy.mode));
    if (policy.network == NetworkMode::proxy)
        return "the network mode proxy: nothing leads to the proxy; use off, which then is not kept, or host";
    const auto is_hidden = [](const Cover& cover) { return cover.kind != Cover::Kind::read_only; };
    if (const auto hidden = std::ranges::find_if(opening.covers, is_hidden); hidden != opening.covers.end())
        return fmt::format("{} hidden: it would be seen; leave it out of fs.hide", printable(hidden->place.native()));
    const auto is_elsewhere = [](const Share& share) { return share.source != share.place && share.writable; };
    if (const auto cache = std::ranges::find_if(opening.shares, is_elsewhere); cache != opening.shares.end())
        return fmt::format("{} at another place ({}): that takes a mount; leave the cache out",
                           printable(cache->source.native()), printable(cache->place.native()));
    return "";
}

Shelter build_unconfined(const KeeperPlan& plan) {
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Step::identity, "become the reaper of the guest's orphans");
    Shelter shelter;
    shelter.workspace = plan.opening.policy.workspace;
    shelter.home = plan.folder + "/home";
    shelter.temporary = plan.folder + "/tmp";
    for (const auto& path : {shelter.home, shelter.temporary})
        check(::mkdir(path.c_str(), 0700), Step::workspace, "make a folder for the guest");
    shelter.uid = plan.guest_uid;
    shelter.gid = plan.guest_gid;
    shelter.has_sources = false;
    shelter.keeps_powers = shelter.counts_user = shelter.ends_alone = true;
    shelter.bounds_data = plan.cgroup.keeper() == MemoryKeeper::polled;
    shelter.held.tier = Tier::d;
    shelter.proc = Fd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!shelter.proc) throw SetupError(Step::proc, "open /proc", errno);
    shelter.segments = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));  // those of the host, which are not its own
    check(shelter.segments.get(), Step::proc, "open /dev/null");
    return shelter;
}

}  // namespace heddle::sandbox
