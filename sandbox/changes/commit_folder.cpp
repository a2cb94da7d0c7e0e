// sandbox/changes/commit_folder.cpp: Makes, finds and removes the folder in which a commit prepares.
#include "sandbox/changes/commit_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/changes/journal.h"
#include "sandbox/changes/protected_paths.h"
#include "sandbox/changes/tree.h"
#include "sandbox/error.h"

namespace heddle::sandbox::changes {

Fd lock_root(const Fd& root) {
    Fd own(::openat(root.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) throw Error("open the workspace to commit to it", errno);
    if (::flock(own.get(), LOCK_EX | LOCK_NB) == 0) return own;
    if (errno == EWOULDBLOCK) throw Error("commit to the workspace: another process is doing so; try again later");
    throw Error("lock the workspace", errno);
}

std::string folder_name(const std::string& token) {
    return std::string(commit_folder_prefix) + token;
}

std::vector<std::string> cut_off(const Fd& root, const Fd& journals) {
    std::vector<std::string> tokens;
    for (const auto& name : names_in(journals.get()))
        if (Journal::is_token(name) && look_at(root.get(), folder_name(name))) tokens.push_back(name);
    return tokens;
}

Fd make_commit_folder(const Fd& root, const std::string& token) {
    const std::string name = folder_name(token);
    if (::mkdirat(root.get(), name.c_str(), 0700) != 0)
        throw Error("make a folder for the commit in the workspace", errno);
    Fd folder = open_folder(root.get(), name);
    if (!folder) throw Error("open the folder for the commit in the workspace", errno);
    return folder;
}

void remove_commit_folder(const Fd& root, const std::string& token) {
    const std::string name = folder_name(token);
    const Fd folder = open_folder(root.get(), name);
    if (!folder && errno == ENOENT) return;
    if (!folder) throw Error("open the folder of a commit to remove it", errno);
    remove_content(folder.get());
    if (::unlinkat(root.get(), name.c_str(), AT_REMOVEDIR) != 0) throw Error("remove the folder of a commit", errno);
}

void write_to_disk(const Fd& root) {
    if (::syncfs(root.get()) != 0) throw Error("write the workspace to disk", errno);
}

}  // namespace heddle::sandbox::changes
