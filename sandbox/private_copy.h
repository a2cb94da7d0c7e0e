// sandbox/private_copy.h: A copy of a workspace whose files all belong to this user, for as long as a guest works on
// it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/changes/copy_record.h"
#include "sandbox/fd.h"
#include "sandbox/lent_folder.h"
#include "sandbox/limits.h"

namespace heddle::sandbox {

// How closely to look for owners: before every opening at so much as costs less than a millisecond, where something
// failed at all.
enum class OwnerLook { at_opening, at_failure };

// The first path, from the workspace, whose owner or group cannot be the guest's: on a workspace that is copied on
// write it could not be changed.
std::optional<std::string> find_foreign_owner(const Fd& workspace, OwnerLook look);

// In a folder that the launcher lends, which removes it if this process is killed. Blocks are shared with the original
// where the file system can. Regular files, folders and links; what this user cannot read is left out and counted.
class PrivateCopy {
 public:
    // Throws Error, and changes::TooLarge where the workspace holds more than the limits on its disk allow.
    PrivateCopy(const std::filesystem::path& workspace, const Fd& root, const Limits& limits, LentFolder lent,
                std::optional<Id> owner = {});
    PrivateCopy(PrivateCopy&&) = default;
    PrivateCopy& operator=(PrivateCopy&&) = delete;
    ~PrivateCopy();

    std::filesystem::path path() const { return lent_.path / "work"; }
    std::size_t left_out() const { return left_out_; }

    // For a guest that works on the copy itself, before it begins: returns once what it writes can be told from what
    // was made, after a tick of the clock at most. Throws Error where the changes could not be gathered here.
    void prepare_for_changes() const;
    // When nothing of that guest runs any more: the upper folder that an overlay would have left, as sandbox/changes
    // reads it; it stays as long as this. The copy is no more. Throws Error.
    const Fd& changes();
    const std::vector<std::string>& remarks() const { return remarks_; }  // what is not among them, a line each

 private:
    LentFolder lent_;
    Fd copy_, upper_;
    changes::CopyRecord record_;
    std::size_t left_out_ = 0;
    std::vector<std::string> remarks_;
};

}  // namespace heddle::sandbox
