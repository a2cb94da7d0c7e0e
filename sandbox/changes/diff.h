// sandbox/changes/diff.h: What a copy-on-write workspace changed, read from the upper layer of its overlay.
#pragma once

#include <cstdint>
#include <vector>

#include "sandbox/changes/change.h"
#include "sandbox/changes/overlay_marks.h"
#include "sandbox/changes/protected_paths.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

struct DiffOptions {
    Marks marks = Marks::user;
    ProtectedPaths protect;
    std::uint64_t file_bytes_max =
        1ull << 30;  // apparent size; more is no source, and a terabyte of holes costs nothing
};

// All changes in byte order of their paths. Nothing of the guest should run; if something does, the walk still leaves
// neither tree, follows no link, opens nothing but folders and regular files, and ends. A folder that is gone is
// listed with all that the host has in it. Copied up but equal in bytes and rwx bits is no change; owners, times and
// extended attributes are never one, nor is the mode of the root. Throws Error.
std::vector<Change> diff(const Fd& upper, const Fd& lower, const DiffOptions& options);

}  // namespace heddle::sandbox::changes
