// sandbox/changes/copy.h: Copies and compares files, holes as holes.
#pragma once

#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// Writes what `from` holds into the empty file `to`, at the same size and with the same holes, without a way through
// this process where the kernel can (copy_file_range). Throws Error.
void copy_bytes(const Fd& from, const Fd& to);

// True if two files hold the same bytes; throws Error.
bool same_bytes(const Fd& one, const Fd& other);

}  // namespace heddle::sandbox::changes
