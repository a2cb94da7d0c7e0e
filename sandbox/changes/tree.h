// sandbox/changes/tree.h: Looks at and opens what lies in a folder, by descriptor, following no link and opening no
// fifo.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// A guest can nest folders without end; walks hold two descriptors a level.
inline constexpr int depth_max = 128;

using Stat = struct stat;

// Names in byte order, without . and ..; throws Error.
std::vector<std::string> names_in(int folder);

// What bears this name itself, or nothing; throws Error where even that cannot be told.
std::optional<Stat> look_at(int folder, const std::string& name);

// Descriptors for reading; an empty one with errno where they cannot be had. A file is known to be regular before it
// is opened, so that no device is woken and no fifo waited for.
Fd open_folder(int parent, const std::string& name);
Fd open_file(int parent, const std::string& name);

// A folder that its owner may not read, enter or change, as a guest can leave it behind: opens it up first (mode 0700).
// Empty with errno where that cannot be.
Fd open_folder_anyway(int parent, const std::string& name);

// Opens a relative path below `root` through no link and onto no other mount (openat2); "" is the root itself.
Fd open_beneath(int root, const std::string& path, int flags);

struct Place {
    Fd folder;
    std::string name;
};
Place place_of(int root, const std::string& path);  // the folder that holds `path`, and its name there; throws Error

std::string link_target(int parent, const std::string& name);  // throws Error

// Unlinks all below `folder`, however deep, and though modes forbid it; throws Error.
void remove_content(int folder);

std::string_view parent_of(std::string_view path);  // "" at the top
std::string joined(const std::string& folder, const std::string& name);
std::int64_t nanoseconds(const timespec& time);

}  // namespace heddle::sandbox::changes
