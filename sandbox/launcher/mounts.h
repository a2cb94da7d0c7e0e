// sandbox/launcher/mounts.h: The calls that make and move mounts, each with its failure named.
#pragma once

#include <string>

#include "sandbox/fd.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

inline constexpr unsigned read_only = 1, no_suid = 2, no_devices = 4, no_exec = 8;

// What holds of the mount of the host's folder: only `direct` writes to it.
inline constexpr unsigned workspace_flags(WorkspaceMode mode) {
    return no_suid | no_devices | (mode == WorkspaceMode::direct ? 0 : read_only);
}

// A copy of the mounts at `path`, attached nowhere, with these flags on all of them. Throws SetupError.
Fd clone_tree(int folder, const std::string& path, unsigned flags);

// The same of what this process alone has made, with the flags that it has. Throws SetupError.
Fd copy_tree(int folder, const std::string& path);

// The same of the one mount there alone. Throws SetupError.
Fd copy_mount(int folder, const std::string& path);

// A new file system of memory that is attached nowhere, of this owner and size. Throws SetupError.
Fd detached_memory(const std::string& owner, const char* size);

// Makes it read only for all mounts of it, and its own mount without set-id bits and devices. Throws SetupError.
void make_read_only(const Fd& memory);

// Puts a cloned tree at `path`, relative to the working folder. Throws SetupError.
void attach(const Fd& tree, const std::string& path);

// Adds flags to the mount at `path` alone. Throws SetupError.
void restrict_mount(const std::string& path, unsigned flags);

// A new file system of `type`. Throws SetupError.
void mount_new(const char* type, const std::string& path, unsigned flags, const std::string& options);

// Renumbers owners on a cloned tree, which `what` names, as the user namespace `ids` says. Throws SetupError.
void map_owners(const Fd& tree, const Fd& ids, const std::string& what);

// Makes the working folder, a mount, the root, and lets go of the old one. Throws SetupError.
void become_root();

}  // namespace heddle::sandbox
