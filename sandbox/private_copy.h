// sandbox/private_copy.h: A copy of a workspace whose files all belong to this user, for as long as a guest works on
// it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "sandbox/fd.h"
#include "sandbox/limits.h"

namespace heddle::sandbox {

// How closely to look for owners: before every opening at so much as costs less than a millisecond, where something
// failed at all.
enum class OwnerLook { at_opening, at_failure };

// The first path, from the workspace, whose owner or group cannot be the guest's: on a workspace that is copied on
// write it could not be changed.
std::optional<std::string> find_foreign_owner(const Fd& workspace, OwnerLook look);

// In the folder for temporary files; gone with its owner, or, if that was killed, by the next one's coming. Blocks are
// shared with the original where the file system can. Regular files, folders and links; what this user cannot read is
// left out and counted.
class PrivateCopy {
 public:
    // Throws Error, also where the workspace holds more than the limits on its disk allow.
    PrivateCopy(const std::filesystem::path& workspace, const Fd& root, const Limits& limits);
    PrivateCopy(PrivateCopy&& other) noexcept;
    PrivateCopy& operator=(PrivateCopy&&) = delete;
    ~PrivateCopy();

    const std::filesystem::path& path() const { return path_; }
    std::size_t left_out() const { return left_out_; }

 private:
    std::filesystem::path path_;
    Fd lock_;  // held while it is needed
    std::size_t left_out_ = 0;
};

}  // namespace heddle::sandbox
