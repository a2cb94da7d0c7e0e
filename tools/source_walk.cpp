// tools/source_walk.cpp: Reads each folder's .gitignore before it judges what the folder holds.
#include "tools/source_walk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "sandbox/error.h"
#include "sandbox/tree_walk.h"
#include "tools/error.h"
#include "tools/gitignore.h"

namespace heddle::tools {

namespace {

constexpr std::size_t entries_max = 200'000;         // half a second of looking at names
constexpr std::chrono::seconds time_max{10};         // a .gitignore can hold very many patterns
constexpr std::size_t ignore_bytes_max = 64 * 1024;  // of one .gitignore

// "" for the root, which holds what has no slash.
std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

class IgnoreRules {
 public:
    bool know(const std::string& folder) const { return of_folder_.contains(folder); }
    void load(const std::string& folder, int descriptor) {
        const auto [rules, is_new] = of_folder_.try_emplace(folder);
        if (!is_new) return;
        const sandbox::Fd file(
            ::openat(descriptor, ".gitignore", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        Stat status{};
        if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
        std::string text(ignore_bytes_max, '\0');
        const ssize_t size = ::read(file.get(), text.data(), text.size());
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        rules->second = Gitignore(text);
    }

    // The rules of the nearest folder that says something count.
    bool ignores(const std::string& path, bool is_folder) const {
        for (std::string folder = folder_of(path);; folder = folder_of(folder)) {
            const auto rules = of_folder_.find(folder);
            if (rules != of_folder_.end()) {
                const std::string below = folder.empty() ? path : path.substr(folder.size() + 1);
                if (const auto said = rules->second.says(below, is_folder)) return *said;
            }
            if (folder.empty()) return false;
        }
    }

 private:
    std::map<std::string, Gitignore> of_folder_;
};

namespace {

// Of the folders from the root down to `place`, itself left out: the walk reads that one's.
void load_above(const Workspace& workspace, const std::string& place, IgnoreRules& rules) {
    for (std::size_t slash = 0; slash != std::string::npos && place != ".";) {
        const std::string folder = place.substr(0, slash);
        if (!rules.know(folder)) rules.load(folder, workspace.find_folder(folder.empty() ? "." : folder).handle.get());
        slash = place.find('/', slash + 1);
    }
}

}  // namespace

bool in_order_of_tree(const std::string& one, const std::string& other) {
    return std::ranges::lexicographical_compare(one, other, [](char a, char b) {
        const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)); };
        return rank(a) < rank(b);
    });
}

IgnoredFiles::IgnoredFiles(const Workspace& workspace, const Found& folder)
    : workspace_(workspace), folder_(folder), rules_(std::make_unique<IgnoreRules>()) {}
IgnoredFiles::~IgnoredFiles() = default;

bool IgnoredFiles::hold(const std::string& place) {
    try {
        load_above(workspace_, place, *rules_);
    } catch (const Error&) {
        return true;  // gone meanwhile
    }
    const std::size_t above = folder_.place == "." ? 0 : folder_.place.size();
    for (std::size_t slash = place.find('/', above + 1); slash != std::string::npos;
         slash = place.find('/', slash + 1)) {
        if (rules_->ignores(place.substr(0, slash), true)) return true;
    }
    return rules_->ignores(place, false);
}

SourceFiles source_files(const Workspace& workspace, const Found& folder, const std::stop_token& stop) {
    IgnoreRules rules;
    load_above(workspace, folder.place, rules);
    const std::string above = folder.place == "." ? "" : folder.place;
    rules.load(above, folder.handle.get());
    SourceFiles files;
    const auto deadline = std::chrono::steady_clock::now() + time_max;
    std::string current = above;
    const auto visit = [&](const sandbox::TreeEntry& entry) {
        if (stop.stop_requested() || std::chrono::steady_clock::now() > deadline) return sandbox::Onward::stop;
        const std::string place = above.empty() ? entry.path : above + "/" + entry.path;
        if (std::string holder = folder_of(place); holder != current) {
            rules.load(holder, entry.folder);
            current = std::move(holder);
        }
        if (entry.name == ".git" || rules.ignores(place, entry.is_folder) || workspace.hides(place, entry.is_folder))
            return sandbox::Onward::past;
        if (entry.is_folder) return sandbox::Onward::into;
        Stat status{};
        if (::fstatat(entry.folder, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
            files.places.push_back(place);
        return sandbox::Onward::past;
    };
    try {
        files.is_all =
            sandbox::walk_tree(folder.handle, entries_max, sandbox::Closed::passed_by, visit) == sandbox::WalkEnd::all;
    } catch (const sandbox::Error& error) {
        throw Error(error.what());  // of a folder in the tree; the workspace itself is there
    }
    std::ranges::sort(files.places, in_order_of_tree);
    return files;
}

}  // namespace heddle::tools
