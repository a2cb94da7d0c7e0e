// sandbox/tree_walk.h: Goes through a tree of the host breadth first, follows no link, and ends in bounded time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "sandbox/fd.h"

namespace heddle::sandbox {

struct TreeEntry {
    int folder;  // that holds it
    const std::string& name;
    const std::string& path;  // from the root
    bool is_folder;
};

enum class Onward { into, past, stop };

// How a walk ended: everything was seen, or somebody stopped it, or there is more than it may look at.
enum class WalkEnd { all, stopped, too_many };

// What of a folder that this user owns, and has closed to himself: a guest with his rights could open it up.
enum class Closed { refused, passed_by };

// Also enters what is mounted below. A folder of somebody else that cannot be read is passed by. Throws Error for one
// that lies too deep for a path, and for a closed one that is refused.
WalkEnd walk_tree(const Fd& root, std::size_t entries_max, Closed closed,
                  const std::function<Onward(const TreeEntry&)>& visit);

}  // namespace heddle::sandbox
