// sandbox/launcher/blank.h: Guests of tier A that nobody has asked for yet: all of them that no policy changes.
//
// To make namespaces and to lay the system into a view takes longer than all that a policy adds. So one blank is made
// ahead, while the launcher has nothing else to do, and waits. Each becomes one guest or none, and nothing runs in it
// before; one that no longer shows the host as it is, as something was mounted since, becomes none.
#pragma once

#include <optional>

#include "sandbox/fd.h"
#include "sandbox/launcher/cgroup.h"
#include "sandbox/launcher/namespaces.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

struct Ground;

struct BlankKind {
    NetworkMode network = NetworkMode::off;
    bool shares_system = true;  // /etc and /dev are those that all guests have, where root can make them
    bool operator==(const BlankKind&) const = default;
};

struct Blank {
    BlankKind kind;
    Fd start;  // to its keeper; held until the end as a sign of life
    Clone keeper;
    Cgroup cgroup;
};

class Blanks {
 public:
    Blanks();

    // The one that waits, if it is of this kind and good, or a new one. Throws SetupError.
    Blank take(BlankKind kind, Ground& ground);

    // Sees to it that one of the kind that was taken last waits. If that fails, whoever takes the next one is told.
    void make_ahead(Ground& ground);

    // Ends the one that waits.
    void clear();

 private:
    bool is_good();

    Fd mounts_;  // of this process's namespace: poll() tells of each change once
    BlankKind wanted_;
    std::optional<Blank> waiting_;
};

}  // namespace heddle::sandbox
