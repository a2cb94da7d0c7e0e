// sandbox/guest_opening.h: Asks the launcher for a guest, and what is checked before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/cover.h"
#include "sandbox/fd.h"
#include "sandbox/guest_link.h"
#include "sandbox/lent_folder.h"
#include "sandbox/policy.h"
#include "sandbox/private_copy.h"
#include "sandbox/protected_now.h"
#include "sandbox/share.h"
#include "sandbox/supervisor.h"
#include "sandbox/wire.h"

namespace heddle::sandbox {

void check(const Command& command);  // throws Error unless it can be executed as it is meant

// A policy with its folder held open, and what it means on this machine now: what was checked is what will be mounted.
// Throws Error for a policy that cannot be meant.
struct CheckedPolicy {
    // The launcher is asked for a folder where guests of this kind need a copy.
    CheckedPolicy(const Policy& wanted, const GuestKind& kind, int launcher);

    Opening opening() const;

    Policy policy;  // in mode copy also where cow was wanted and would not do
    Fd workspace;   // the folder itself, or the copy
    std::vector<Share> shares;
    Hidden hidden;
    std::optional<ProtectedNow> protection;  // where the guest writes to the folder itself
    std::optional<PrivateCopy> copy;         // goes when the guest has ended
    std::vector<std::string> remarks;        // for the user: what is not as he wrote it

 private:
    void copy_workspace(const GuestKind& kind, int launcher);
};

// What else to tell of a command: names that are hidden, protected paths that came. To be called when it has ended.
void add_violations(const CheckedPolicy& checked, Result& result);

// Asks for a guest; its notes tell how that went. With `earlier`, the changes of another one by an overlay, it goes on
// with these. Throws Error if the launcher is gone.
GuestLink open_guest(int launcher, const CheckedPolicy& checked, GuestLife life, const Fd& earlier = {});

// Orders a checked command with pipes for its output. Throws Error.
CommandEnds order_command(const GuestLink& guest, const Command& command, bool is_last);

}  // namespace heddle::sandbox
