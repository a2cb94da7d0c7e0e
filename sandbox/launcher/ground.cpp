// sandbox/launcher/ground.cpp: Decides once which tier guests have here.
#include <fmt/core.h>
#include <sys/prctl.h>

#include <cerrno>
#include <utility>

#include "sandbox/launcher/bubblewrap.h"
#include "sandbox/launcher/guest.h"
#include "sandbox/launcher/landlock.h"
#include "sandbox/launcher/setup_error.h"
#include "sandbox/launcher/trial.h"

namespace heddle::sandbox {

namespace {

// What may be had a moment later says nothing about the machine.
bool is_passing(int error) {
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

}  // namespace

std::optional<Tier> Ground::tier() {
    if (found_) return found_;
    try {
        try_enclosure(identities);
        found_ = Tier::a;
        return found_;
    } catch (const SetupError& error) {
        why_weaker = error.what();
        if (is_passing(error.error)) return std::nullopt;
    } catch (const std::exception& error) {
        why_weaker = error.what();
    }
    take_orphans();
    try {
        try_bubblewrap();
        found_ = Tier::b;
        return found_;
    } catch (const std::exception& error) {
        why_weaker += std::string("; nor is there tier B: ") + error.what();
    }
    if (landlock_abi() < landlock_abi_with_scopes) {
        why_weaker += fmt::format("; nor is there tier C, which needs Landlock ABI {} (Linux 6.12): here it is {}",
                                  landlock_abi_with_scopes, landlock_abi());
        return std::nullopt;
    }
    found_ = Tier::c;
    return found_;
}

GuestFolder Ground::make_folder() {
    if (!std::exchange(has_swept_, true)) GuestFolder::sweep();
    return GuestFolder::make();
}

void Ground::take_orphans() {
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Step::identity, "become the reaper of guests' orphans");
}

const SeccompFilter& Ground::lone_filter(NetworkMode network) {
    const bool has_network = network == NetworkMode::host;
    SeccompFilter& kept = lone_filters_[has_network];
    if (kept.empty()) kept = compile_lone_seccomp(has_network);
    return kept;
}

}  // namespace heddle::sandbox
