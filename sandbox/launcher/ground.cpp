// sandbox/launcher/ground.cpp: Decides once which tier guests have here.
#include <sys/prctl.h>

#include <cerrno>

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

Tier Ground::tier() {
    if (found_) return *found_;
    bool is_final = true;
    try {
        try_enclosure(identities);
        found_ = Tier::a;
        return Tier::a;
    } catch (const SetupError& error) {
        why_weaker = error.what();
        is_final = !is_passing(error.error);
    } catch (const std::exception& error) {
        why_weaker = error.what();
    }
    // Too weak for tier C, or not for long: tier A is tried all the same, so that its failure is told.
    if (!is_final || landlock_abi() < landlock_abi_with_scopes) return Tier::a;
    check(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), Step::identity, "become the reaper of guests' orphans");
    GuestFolder::sweep();
    found_ = Tier::c;
    return Tier::c;
}

const SeccompFilter& Ground::lone_filter(NetworkMode network) {
    const bool has_network = network == NetworkMode::host;
    SeccompFilter& kept = lone_filters_[has_network];
    if (kept.empty()) kept = compile_lone_seccomp(has_network);
    return kept;
}

}  // namespace heddle::sandbox
