// tools/source_walk.h: The files below a folder of the workspace that are somebody's work: not ignored, not hidden.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/workspace.h"

namespace heddle::tools {

class IgnoreRules;

struct SourceFiles {
    std::vector<std::string>
        places;          // from the workspace's root, in the order in which sorted folders are gone through
    bool is_all = true;  // false: there are more than may be looked at, in number or in time, or it was stopped
};

// Follows no link, passes by `.git`, and respects each .gitignore from the workspace's root on. Throws Error.
SourceFiles source_files(const Workspace& workspace, const Found& folder, const std::stop_token& stop);

// Which files below a folder a walk of it would have passed by. Both outlive it; each .gitignore is read once.
class IgnoredFiles {
 public:
    IgnoredFiles(const Workspace& workspace, const Found& folder);
    ~IgnoredFiles();
    bool hold(const std::string& place);  // of a file, from the workspace's root

 private:
    const Workspace& workspace_;
    const Found& folder_;
    std::unique_ptr<IgnoreRules> rules_;
};

// A folder before what it holds, and what it holds before what comes after it; each in the order of bytes.
bool in_order_of_tree(const std::string& one, const std::string& other);

}  // namespace heddle::tools
