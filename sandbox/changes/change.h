// sandbox/changes/change.h: One path that a guest's copy-on-write workspace holds otherwise than the host's folder.
#pragma once

#include <cstdint>
#include <string>

namespace heddle::sandbox::changes {

struct Change {
    enum class Kind { added, modified, deleted, type_changed, mode_changed };
    enum class Type { file, folder, link, special };  // special: fifo, socket, device; never opened

    std::string path;  // relative, the bytes that the guest chose: hostile text
    Kind kind = Kind::added;
    Type type = Type::file;   // what it is now; of a deletion, what it was
    bool was_folder = false;  // a folder of the host gives way: deleted or type_changed
    bool copied_up = false;   // overlayfs made it from a file of the host, of this or of another name
    std::uint64_t size = 0;
    unsigned mode = 0, old_mode = 0;  // rwx bits in the workspace and on the host
    std::uint64_t inode = 0;          // with `touched`: which state of the workspace was looked at
    std::int64_t touched = 0;         // ctime in the workspace in ns; both 0 of a deletion
    std::string refusal;              // why commit will not take it, or ""
    bool carried = false;             // refused only for the sake of another change
    bool allowable = false;           // a person may lift the refusal
    bool operator==(const Change&) const = default;
};

}  // namespace heddle::sandbox::changes
