// sandbox/changes/commit_folder.h: Commit's own folder in a workspace, with the lock on that workspace.
#pragma once

#include <string>
#include <vector>

#include "sandbox/fd.h"

namespace heddle::sandbox::changes {

// The root, open for reading, locked against the commits of other processes while it is open; throws Error.
Fd lock_root(const Fd& root);

// Tokens of the folders in the root whose journals are there: commits that were cut off, as the root is locked.
std::vector<std::string> cut_off(const Fd& root, const Fd& journals);

std::string folder_name(const std::string& token);
Fd make_commit_folder(const Fd& root, const std::string& token);      // throws Error
void remove_commit_folder(const Fd& root, const std::string& token);  // with all in it; throws Error

void write_to_disk(const Fd& root);  // all of the root's file system; throws Error

}  // namespace heddle::sandbox::changes
