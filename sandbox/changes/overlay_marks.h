// sandbox/changes/overlay_marks.h: What overlayfs wrote beside the files of an upper layer.
#pragma once

#include <string>

#include "sandbox/changes/tree.h"

namespace heddle::sandbox::changes {

// Where the mount keeps its marks: `user` with the option userxattr, as in a user namespace, `trusted` else. Only the
// ones in use count: the guest cannot write those (the kernel escapes or denies them), the others it can.
enum class Marks { user, trusted };

enum class Opaque {
    no,
    yes,                // what the host's folder of this name holds is hidden
    holds_x_whiteouts,  // not hidden, but empty files inside may be whiteouts by extended attribute
};

Opaque opaque_mark(Marks marks, int folder);

// True for the sign that a name of the lower layer is deleted. `in` is the mark of the folder that holds it.
bool is_whiteout(Marks marks, Opaque in, int folder, const std::string& name, const Stat& found);

// True if overlayfs made the file or folder from one of the lower layer.
bool is_copied_up(Marks marks, int folder, const std::string& name);

// The same marks (`user`) in a layer that is made without an overlay. Throw Error.
void make_whiteout(int folder, const std::string& name);
void mark_opaque(int folder);
void mark_copied_up(int folder, const std::string& name);  // a link takes no mark, as from overlayfs

}  // namespace heddle::sandbox::changes
