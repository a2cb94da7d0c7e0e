// sandbox/changes/snapshot.h: Empties, copies and puts back the upper layer of a copy-on-write workspace.
#pragma once

#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// The overlay must not be mounted over an upper layer that is emptied or filled: end the guest's commands, unmount,
// call these, and mount anew. All throw Error.

// Takes all changes back: empties the upper layer, however a guest has nested and locked its folders, and gives its
// root the mode of the lower layer's.
void rollback(const Fd& upper, const Fd& lower);

// Copies the upper layer into the empty folder `to` on the same file system (or one with its extended attributes):
// whiteouts, marks of overlayfs, modes, owners, times, hard links and holes included. What was copied of one that fails
// is removed again. Takes its space from the workspace's disk limit.
void snapshot(const Fd& upper, const Fd& to);

// Makes the upper layer what the snapshot holds; if it fails, the upper layer is empty.
void restore(const Fd& from, const Fd& upper);

}  // namespace heddle::sandbox::changes
