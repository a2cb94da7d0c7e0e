// sandbox/changes/copy_tree.h: Copies what lies in a folder, by descriptors, within limits.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sandbox/changes/copy_record.h"
#include "sandbox/error.h"
#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

enum class Unreadable { left_out, refused };  // files and folders that this user may not read

struct CopyTerms {
    std::uint64_t bytes_max, files_max;  // blocks of files; files, folders and links
    Unreadable unreadable = Unreadable::refused;
    std::optional<uid_t> owner = {};  // and group, of all that is made; else it is this user's
    CopyRecord* record = nullptr;     // where one is wanted
};

// There is more than the terms allow; the text says what to raise.
struct TooLarge : Error {
    using Error::Error;
};

// Regular files, with their holes, folders and links from below `from` into the empty folder `to`, with their times and
// modes without set-id bits; fifos, sockets and devices stay behind. Follows no link. Returns how many were left out;
// throws Error, which names what is in the way, and TooLarge.
std::size_t copy_tree(const Fd& from, const Fd& to, const CopyTerms& terms);

}  // namespace heddle::sandbox::changes
