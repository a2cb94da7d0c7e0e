// sandbox/changes/stage.h: Writes all that a commit brings into its slots, and plans the steps that put it in place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "sandbox/changes/change.h"
#include "sandbox/changes/plan.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

struct Kept {  // what is to be in a slot once its step is done: of the host's file when it was judged
    std::uint64_t inode = 0;
    std::int64_t modified = 0, size = 0;
};

struct Staged {
    Plan plan;
    std::map<unsigned, Kept> kept;  // by slot
};

using OwnerOf = std::function<std::pair<uid_t, gid_t>(uid_t, gid_t)>;

// `changes` are whole: in byte order, each folder that comes before what comes in it, none refused. Throws Error.
Staged stage(std::span<const Change> changes, const Fd& upper, const Fd& root, const Fd& slots, const OwnerOf& owner);

}  // namespace heddle::sandbox::changes
