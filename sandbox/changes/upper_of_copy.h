// sandbox/changes/upper_of_copy.h: Makes of a copy that a guest has worked on the upper layer that an overlay would
// have left.
#pragma once

#include <string>
#include <vector>

#include "sandbox/changes/copy_record.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// Moves what was changed in `copy` since its record into the empty folder `upper` of the same file system, with
// whiteouts for what is gone, so that there is one way of diff and commit. All of the guest's processes must have
// ended. The guest chose every name and kind of file: the walk follows no link and opens folders alone, and what it
// finds decides of nothing but its own path. Folders of the layer are made here, so that they bear no mark of the
// guest's.
//
// What is left of the copy is good for nothing but removal. Returns a line on each path where the host has something
// that had not been copied, and the guest made or removed something: the host's is not touched. Throws Error.
std::vector<std::string> upper_of_copy(const Fd& copy, const CopyRecord& record, const Fd& upper);

// Throws Error where the file system of this folder cannot hold such a layer.
void demand_marks(const Fd& folder);

}  // namespace heddle::sandbox::changes
