// sandbox/launcher/new_root.h: Folders, files and links of a root that is being made, in the working folder.
#pragma once

#include <sys/types.h>

#include <string>

namespace heddle::sandbox {

// Of the old root, a folder that every host has: what is mounted there while the new one is made goes with the old one,
// at the one time that it is let go of.
inline constexpr const char* scaffold = "/usr";

// All throw SetupError, and take paths relative to the working folder.
void make_folder(const std::string& path, mode_t mode = 0755);  // unless it is there
void make_empty_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);
void make_link(const std::string& target, const std::string& path);

}  // namespace heddle::sandbox
