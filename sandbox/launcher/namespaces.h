// sandbox/launcher/namespaces.h: Clones into new namespaces, and who the guest is there.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>

#include "sandbox/fd.h"
#include "sandbox/id_map.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

struct Clone {
    pid_t pid = 0;  // 0 in the child
    Fd pidfd;
};

// Forks into new namespaces of these kinds (CLONE_NEW*), and into a cgroup of version 2 if its folder is given. Throws
// SetupError.
Clone clone_into(std::uint64_t namespaces, int cgroup = -1);

// Forks into no new namespaces, by calls that every container allows. Throws SetupError.
Clone fork_plainly();

// The namespaces of a guest, with a network of its own or without.
std::uint64_t guest_namespaces(NetworkMode network = NetworkMode::off);

// Who guests are. Root gives them a range of ids that belongs to nobody; anybody else only has his own id to give.
class Identities {
 public:
    Identities();  // looks at this process

    bool has_range() const { return has_range_; }
    // As the guest sees its ids: those of its namespace, or the host's where it has none.
    unsigned uid_inside(Tier tier) const { return tier == Tier::a ? uid_inside_ : uid_outside_; }
    unsigned gid_inside(Tier tier) const { return tier == Tier::a ? gid_inside_ : gid_outside_; }

    // Throws SetupError where a guest without namespaces would be the host's root, or could not become another.
    void demand_other_than_root() const;

    void write_maps(pid_t child) const;  // throws SetupError

    // A user namespace whose maps make this owner's files the guest's. Kept for the next guest. Throws SetupError.
    const Fd& workspace_owner(Id uid, Id gid);

 private:
    bool has_range_ = false;
    bool would_be_root_ = false;  // on the host: the one identity that no guest may have
    Id uid_inside_ = guest_id, gid_inside_ = guest_id;
    Id uid_outside_ = host_ids_first + guest_id, gid_outside_ = host_ids_first + guest_id;
    std::map<std::pair<Id, Id>, Fd> owners_;
};

// In a child with a range of ids: leaves the host's root for the root of the range. Throws SetupError.
void become_root_inside();

// Kills a child, if it has not ended, and reaps it. Returns its status, as waitpid gives it.
int kill_and_reap(const Clone& child);

}  // namespace heddle::sandbox
