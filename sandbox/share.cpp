// sandbox/share.cpp: Holds the paths that a policy lists against what must never be shared.
#include "sandbox/share.h"

#include <fmt/core.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "sandbox/caches.h"
#include "sandbox/error.h"
#include "sandbox/policy_path.h"
#include "sandbox/printable.h"
#include "sandbox/workspace.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// Seen by every guest as they are.
constexpr std::string_view system_folders[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};

// What lies in these is the host's state, its sockets and its secrets.
constexpr std::string_view closed[] = {"/run", "/var/run", "/etc"};

std::vector<fs::path> homes() {
    std::vector<fs::path> all{"/root"};
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') all.emplace_back(home);
    if (const passwd* user = ::getpwuid(::geteuid()); user != nullptr && user->pw_dir != nullptr)
        all.emplace_back(user->pw_dir);
    return all;
}

bool is_seen_anyway(const fs::path& path) {
    return std::any_of(std::begin(system_folders), std::end(system_folders),
                       [&](auto folder) { return path_covers(folder, path.native()); });
}

// Why this path cannot be shared, or "".
std::string refusal_of_share(const fs::path& path) {
    std::string why = refusal(path);
    if (!why.empty()) return why;
    for (const auto folder : closed)
        if (path_covers(folder, path.native())) return "it lies in " + std::string(folder);
    for (const fs::path& home : homes()) {
        std::error_code error;
        const fs::path real = fs::weakly_canonical(home, error);
        for (const fs::path& each : {home.lexically_normal(), error ? home : real})
            if (each != "/" && path_covers(path.native(), each.native()))
                return "it is or holds the home folder " + printable(each.native()) + "; list what is needed of it";
    }
    return "";
}

class Finder {
 public:
    explicit Finder(const Policy& policy) : policy_(policy) {}

    void add(const fs::path& listed, bool writable);
    void add_cache(const std::string& name, const fs::path& folder);
    std::vector<Share> take();

 private:
    static Share look_at(const std::string& doing, const fs::path& path);
    // Whether it needs no share, as it lies in a folder that the guest has. Throws where it leads through one by a
    // link: another guest could have turned that.
    bool is_part_of(const std::string& doing, const fs::path& path, const fs::path& folder) const;

    const Policy& policy_;
    std::vector<Share> shares_;
};

Share Finder::look_at(const std::string& doing, const fs::path& path) {
    std::error_code error;
    Share share;
    share.place = path;
    share.source = fs::canonical(path, error);
    if (error) throw Error(doing + ": " + error.message() + "; make it, or leave it out of the policy");
    struct stat found {};
    if (::stat(share.source.c_str(), &found) != 0) throw Error(doing, errno);
    if (!S_ISDIR(found.st_mode) && !S_ISREG(found.st_mode)) throw Error(doing + ": it is neither a file nor a folder");
    share.device = found.st_dev;
    share.inode = found.st_ino;
    return share;
}

bool Finder::is_part_of(const std::string& doing, const fs::path& path, const fs::path& folder) const {
    if (path == folder || !leads_through(path, folder)) return path == folder;
    if (path_covers(folder.native(), path.native())) return true;
    throw Error(doing + ": it leads through " + printable(folder.native()) +
                ", where a guest can turn links; list the path that it leads to");
}

void Finder::add(const fs::path& listed, bool writable) {
    const std::string doing = "let a guest " + std::string(writable ? "write " : "read ") + printable(listed.native());
    if (!listed.is_absolute()) throw Error(doing + ": the path is not absolute");
    const fs::path path = normal(listed);
    if (!writable && is_seen_anyway(path)) return;
    if (is_part_of(doing, path, policy_.workspace)) {
        if (!writable) return;
        throw Error(doing + ": it lies in the workspace, which is written as its mode says; leave it out");
    }
    for (const fs::path& folder : policy_.write)
        if (const fs::path other = normal(folder); other != path || !writable)
            if (is_part_of(doing, path, other)) return;
    Share share = look_at(doing, path);
    for (const fs::path& each : {share.place, share.source}) {
        const std::string why = refusal_of_share(each);
        if (!why.empty()) throw Error(fmt::format("{}: {}", doing, why));
    }
    if (writable) {
        if (keeps_apart(policy_.mode))
            throw Error(doing + ": in mode " + name_of(policy_.mode) +
                        " only changes to the workspace are kept apart; use mode direct or ro, or leave it out");
        if (is_seen_anyway(share.source)) throw Error(doing + ": it is a part of the system");
        if (path_covers(share.source.native(), policy_.workspace.native()) ||
            path_covers(share.place.native(), policy_.workspace.native()))
            throw Error(doing + ": it holds the workspace");
    }
    share.writable = writable;
    shares_.push_back(std::move(share));
}

void Finder::add_cache(const std::string& name, const fs::path& folder) {
    const std::string doing = "use " + printable(folder.native()) + " as the cache of " + printable(name);
    const CachePlace* cache = find_cache(name);
    if (cache == nullptr) throw Error(doing + ": no such cache is known");
    if (is_part_of(doing, normal(folder), policy_.workspace)) throw Error(doing + ": it lies in the workspace");
    Share share = look_at(doing, normal(folder));
    share.place = cache->place;
    share.writable = true;
    shares_.push_back(std::move(share));
}

std::vector<Share> Finder::take() {
    std::sort(shares_.begin(), shares_.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
    shares_.erase(std::unique(shares_.begin(), shares_.end()), shares_.end());
    if (shares_.size() > shares_max)
        throw Error("use this policy: it shares more than " + std::to_string(shares_max) +
                    " files and folders; list the folders above them");
    return std::move(shares_);
}

}  // namespace

std::vector<Share> find_shares(const Policy& policy) {
    Finder finder(policy);
    for (const auto& path : policy.read) finder.add(path, false);
    for (const auto& path : policy.write) finder.add(path, true);
    for (const auto& [name, folder] : policy.caches) finder.add_cache(name, folder);
    return finder.take();
}

}  // namespace heddle::sandbox
