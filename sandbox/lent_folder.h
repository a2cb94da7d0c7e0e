// sandbox/lent_folder.h: What the launcher says and lends before a guest is asked for: the tier, and a folder for a
// copy.
#pragma once

#include <filesystem>
#include <optional>

#include "sandbox/enforcement.h"
#include "sandbox/fd.h"
#include "sandbox/id_map.h"

namespace heddle::sandbox {

// Which guests this machine gives.
struct GuestKind {
    std::optional<Tier> tier;  // none: none, or not now; whoever asks for a guest is told why
    std::optional<Id> owner;   // whose a copy has to be that a guest works on: in tier C with root, its own
};

// Throws Error if the launcher does not answer.
GuestKind ask_kind(int launcher);

// An empty folder on disk that is removed with all in it when this goes, and when this process ends in whatever way:
// the launcher outlives it for that.
struct LentFolder {
    std::filesystem::path path;
    Fd folder;  // its lock, which says to others that somebody still needs it, goes with the last copy of this
    Fd hold;    // the launcher removes it when this is closed
};

LentFolder borrow_folder(int launcher);  // throws Error

}  // namespace heddle::sandbox
