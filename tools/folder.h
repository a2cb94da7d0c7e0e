// tools/folder.h: Finds what a path means beneath a folder, whatever links stand in it and however they change
// meanwhile.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::tools {

using Stat = struct stat;

// What is there, found but not yet opened: looking at a device or a pipe wakes nobody.
struct Found {
    sandbox::Fd handle;  // O_PATH
    Stat status{};
    std::string place;  // from the root, through no link; "." for the root itself

    bool is_file() const { return S_ISREG(status.st_mode); }
    bool is_folder() const { return S_ISDIR(status.st_mode); }
};

// Where a file is, or would be.
struct Target {
    sandbox::Fd folder;                // that holds it, or the deepest above it that is there
    std::vector<std::string> missing;  // folders that would have to be made in there first
    std::string name;
    std::string place;           // from the root, through no link
    std::optional<Stat> status;  // of the file that is there
};

// Nothing but the root's descriptor says where it is. Paths are relative; links count as long as they stay inside.
class Folder {
 public:
    explicit Folder(sandbox::Fd root) : root_(std::move(root)) {}

    // Throw Error with words for a model; `shown` is the path as it is to be named there.
    Found find(const std::string& path, const std::string& shown) const;
    Target target(const std::string& path, const std::string& shown) const;  // of a regular file, or of none yet

    static sandbox::Fd open_found(const Found& found);  // this very file or folder, for reading; empty with errno

 private:
    sandbox::Fd open(const std::string& path, std::uint64_t flags, std::uint64_t resolve = 0) const;
    std::optional<std::string> place_of(const sandbox::Fd& handle) const;
    Target new_target(const std::string& path, const std::string& shown) const;

    sandbox::Fd root_;
};

}  // namespace heddle::tools
