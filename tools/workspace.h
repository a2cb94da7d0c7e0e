// tools/workspace.h: The workspace for tools that work from outside the sandbox: its folder, and what its policy says.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/changes/protected_paths.h"
#include "sandbox/policy.h"
#include "tools/folder.h"

namespace heddle::tools {

// Paths are a model's: relative, or absolute and beneath the workspace. All throw Error with words for it.
class Workspace {
 public:
    // `folder` is what bears the path of the policy's workspace for the guests.
    Workspace(const sandbox::Policy& policy, const sandbox::Fd& folder);

    Found find(const std::string& path) const;         // of any kind; not what the policy hides
    Found find_folder(const std::string& path) const;  // a folder

    // What may be written or removed; refused by mode, and where the policy hides or protects it.
    Target to_write(const std::string& path) const;
    Target to_remove(const std::string& path) const;

    // All bytes of a file of at most whole_bytes_max.
    std::string read(const Found& found, const std::string& path) const;
    std::string read(const Target& target, const std::string& path) const;

    // A place from the root, without links.
    bool hides(const std::string& place, bool is_folder = false) const;

    static constexpr std::size_t whole_bytes_max = 8 << 20;  // a larger file is not source text
    static std::string shown(const std::string& path);       // for a message
    // As a user's rules name it: from the workspace, without "." and ".."; one that lies elsewhere stays whole. Links
    // are not looked at.
    static std::string named(const std::string& path, const std::filesystem::path& workspace);

 private:
    std::string beneath(const std::string& path) const;
    void demand_writable(const std::string& place, sandbox::changes::Change::Kind kind, const std::string& path) const;

    sandbox::Policy policy_;
    std::filesystem::path root_;             // of the workspace, through no link
    std::vector<std::string> hide_folders_;  // its patterns, without the slash at the end that means folders alone
    Folder folder_;
    sandbox::changes::ProtectedPaths protected_;
    bool with_default_;
};

}  // namespace heddle::tools
