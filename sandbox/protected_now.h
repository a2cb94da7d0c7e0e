// sandbox/protected_now.h: The protected paths of a workspace that a guest writes to itself: what is there, what came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/changes/protected_paths.h"
#include "sandbox/cover.h"
#include "sandbox/fd.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

// A guest cannot write what is there: it is laid over with itself, read only. What it makes anew can only be told, for
// names that are not there yet cannot be kept from it without putting something into the user's folder. Nor can a link
// be laid over: what becomes of one is told, too.
class ProtectedNow {
 public:
    // `covers` are there already. Throws Error where the workspace has more protected paths than can be covered.
    ProtectedNow(const Policy& policy, const Fd& workspace, std::size_t covers);

    // Those that there are, from the workspace, in any mode and however many. Throws Error.
    static std::vector<std::string> paths_in(const Policy& policy, const Fd& workspace);

    const std::vector<Cover>& covers() const { return covers_; }
    // A line on each protected path that came or was replaced, once. Safe to use from several threads.
    std::vector<std::string> news() const;

 private:
    ProtectedNow(const Policy& policy, const Fd& workspace);
    struct Found {
        std::string reason;
        std::pair<std::uint64_t, std::uint64_t> what;  // device and inode
        bool is_link = false;
        bool operator==(const Found&) const = default;
    };
    std::map<std::string, Found> look() const;

    Fd workspace_;
    changes::ProtectedPaths paths_;
    bool with_default_;
    struct Known {
        std::mutex mutex;
        std::map<std::string, Found> paths;
    };
    std::shared_ptr<Known> known_ = std::make_shared<Known>();  // at the opening, and what was told since
    std::vector<Cover> covers_;
};

}  // namespace heddle::sandbox
