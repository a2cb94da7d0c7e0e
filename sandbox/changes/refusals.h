// sandbox/changes/refusals.h: What commit will not take from a guest, beside protected paths.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sandbox/changes/change.h"

namespace heddle::sandbox::changes {

// Why a link at `path` may leave the tree, or "". It may not where its target is relative, climbs only at its front and
// no further than the root: a `..` behind a name could climb out of what another link names. Links of the host that
// leave the tree by themselves are not followed here, and stay what they were.
std::string leaves_tree(std::string_view path, std::string_view target);

// Carries refusals on: what lies in a folder that is not taken is not taken, and a folder stays whose content stays.
// `changes` are in byte order of their paths.
void carry_refusals(std::span<Change> changes);

}  // namespace heddle::sandbox::changes
