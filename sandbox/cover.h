// sandbox/cover.h: What is laid over paths of a guest's view, so that it reads nothing there or changes nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"
#include "sandbox/share.h"

namespace heddle::sandbox {

struct Cover {
    // held: the folder itself, which so keeps its name.
    enum class Kind : std::uint8_t { empty_file, empty_folder, read_only, held };
    std::filesystem::path place;  // inside, absolute
    Kind kind = Kind::empty_file;
    bool operator==(const Cover&) const = default;
};

inline constexpr std::size_t covers_max = 256;  // each is a mount

struct Hidden {
    std::vector<Cover> covers;
    std::vector<std::string> unmatched;  // patterns that meet nothing now; what comes later is the guest's own
};

// What `hide` of the policy meets in the workspace, held open, and in the shares. Where the guest writes to the host's
// own folders, those above are held: renamed they would take it along, to where the pattern does not meet it the next
// time. Throws Error where that is more than covers_max, the workspace itself, or in a tree too large to be looked
// through.
Hidden find_hidden(const Policy& policy, const Fd& workspace, const std::vector<Share>& shares);

// Whether `hide` of a policy meets this file of its workspace, or a folder above it: for who reads there for the guest.
// `place` is where the file really is, absolute and without links.
bool is_hidden(const std::vector<std::string>& hide, const std::filesystem::path& workspace,
               const std::filesystem::path& place);

// Lines for who reads standard error: which names in it mean something that is covered.
std::vector<std::string> cover_hints(const std::vector<Cover>& covers, const Policy& policy, const Result& result);

}  // namespace heddle::sandbox
