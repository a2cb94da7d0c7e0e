// tools/workspace.cpp: A path of a model held against the folder and the policy.
#include "tools/workspace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sandbox/cover.h"
#include "sandbox/error.h"
#include "tools/clip.h"
#include "tools/error.h"

namespace fs = std::filesystem;

namespace heddle::tools {

namespace {

using sandbox::Fd;
using sandbox::changes::Change;

constexpr std::size_t path_bytes_max = 200;  // of a path in a message

Fd copy_of(const Fd& folder) {
    Fd copy(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) throw sandbox::Error("hold the workspace", errno);
    return copy;
}

fs::path without_links(const fs::path& folder) {
    std::error_code error;
    fs::path root = fs::canonical(folder, error);
    return error ? folder : root;
}

// `expected` is what was found before. If the file shrinks meanwhile, what is left is read.
std::string read_whole(const Fd& file, const Stat& expected, const std::string& shown) {
    Stat status{};
    if (!file || ::fstat(file.get(), &status) != 0)
        throw Error(fmt::format("cannot open {}: {}", shown, std::strerror(errno)));
    if (status.st_ino != expected.st_ino || status.st_dev != expected.st_dev)
        throw Error(fmt::format("{} is being changed by somebody else; try again", shown));
    if (status.st_size > static_cast<off_t>(Workspace::whole_bytes_max))
        throw Error(fmt::format("{} is too large: {} bytes, at most {} can be worked on here; use a command", shown,
                                status.st_size, Workspace::whole_bytes_max));
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t got = ::pread(file.get(), bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw Error(fmt::format("cannot read {}: {}", shown, std::strerror(errno)));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

std::vector<std::string> without_default(std::vector<std::string> globs) {
    std::erase(globs, "default");
    return globs;
}

}  // namespace

Workspace::Workspace(const sandbox::Policy& policy, const Fd& folder)
    : policy_(policy),
      root_(without_links(policy.workspace)),
      folder_(copy_of(folder)),
      protected_(without_default(policy.protect)),
      with_default_(std::ranges::find(policy.protect, "default") != policy.protect.end()) {
    for (std::string pattern : policy.hide) {
        while (pattern.size() > 1 && pattern.ends_with('/')) pattern.pop_back();
        hide_folders_.push_back(std::move(pattern));
    }
}

std::string Workspace::shown(const std::string& path) {
    return one_line(path, path_bytes_max);
}

std::string Workspace::named(const std::string& path, const fs::path& workspace) {
    const fs::path whole = (workspace / path).lexically_normal();
    const fs::path below = whole.lexically_relative(workspace);
    std::string name = below.empty() || *below.begin() == ".." ? whole.string() : below.string();
    while (name.size() > 1 && name.ends_with('/')) name.pop_back();
    return name;
}

// An absolute path that spells the workspace is taken as relative to it; any other stays and will be refused.
std::string Workspace::beneath(const std::string& path) const {
    if (!path.starts_with('/')) return path;
    for (const auto& root : {policy_.workspace, root_}) {
        std::string prefix = root.string();
        while (prefix.ends_with('/')) prefix.pop_back();
        if (prefix.empty() || !path.starts_with(prefix)) continue;
        if (path.size() == prefix.size()) return ".";
        if (path[prefix.size()] != '/') continue;
        const std::size_t name = path.find_first_not_of('/', prefix.size());
        return name == std::string::npos ? "." : path.substr(name);
    }
    return path;
}

bool Workspace::hides(const std::string& place, bool is_folder) const {
    return !policy_.hide.empty() &&
           sandbox::is_hidden(is_folder ? hide_folders_ : policy_.hide, policy_.workspace, root_ / place);
}

Found Workspace::find(const std::string& path) const {
    Found found = folder_.find(beneath(path), shown(path));
    if (hides(found.place, found.is_folder())) throw Error("hidden by policy, not missing: " + shown(path));
    return found;
}

Found Workspace::find_folder(const std::string& path) const {
    Found found = find(path);
    if (!found.is_folder()) throw Error("not a folder: " + shown(path));
    return found;
}

std::string Workspace::read(const Found& found, const std::string& path) const {
    if (!found.is_file()) throw Error("not a file: " + shown(path));
    return read_whole(Folder::open_found(found), found.status, shown(path));
}

std::string Workspace::read(const Target& target, const std::string& path) const {
    if (!target.status) throw Error("no such file: " + shown(path));
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    return read_whole(Fd(::openat(target.folder.get(), target.name.c_str(), flags)), *target.status, shown(path));
}

void Workspace::demand_writable(const std::string& place, Change::Kind kind, const std::string& path) const {
    if (hides(place)) throw Error("hidden by policy, not missing: " + shown(path));
    Change change;
    change.path = place;
    change.kind = kind;
    const std::string reason = with_default_ ? protected_.reason(change) : protected_.reason_of_policy(change);
    if (!reason.empty())
        throw Error(fmt::format("protected by policy ({}), it cannot be changed: {}", reason, shown(path)));
}

Target Workspace::to_write(const std::string& path) const {
    if (policy_.mode == sandbox::WorkspaceMode::ro)
        throw Error("the folder is read only by policy: nothing is written");
    if (sandbox::keeps_apart(policy_.mode))
        throw Error(fmt::format("the folder's changes are kept apart (mode {}), which only commands can write to",
                                sandbox::name_of(policy_.mode)));
    Target target = folder_.target(beneath(path), shown(path));
    demand_writable(target.place, target.status ? Change::Kind::modified : Change::Kind::added, path);
    return target;
}

Target Workspace::to_remove(const std::string& path) const {
    Target target = to_write(path);
    if (!target.status) throw Error("no such file: " + shown(path));
    demand_writable(target.place, Change::Kind::deleted, path);
    return target;
}

}  // namespace heddle::tools
