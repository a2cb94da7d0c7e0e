// sandbox/changes/plan.h: The steps of a commit, and the journal's text of them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sandbox::changes {

// Each step moves one thing between its place in the workspace and its slot, a number in commit's own folder, or can
// be told from how things are to be done or not. So how far a commit came is read from the disk, not from the journal.
struct Step {
    enum class Kind {
        take,           // place -> slot: what was deleted
        place,          // slot -> place, where nothing is
        exchange,       // slot <-> place
        remove_folder,  // of a folder that is empty by now
        set_mode,       // of a folder
    };
    Kind kind = Kind::take;
    std::string path;
    unsigned slot = 0;
    std::uint64_t inode = 0;  // place, exchange: of what comes
    bool folder = false;      // place, exchange: a folder comes
    // remove_folder: what undoing gives back. set_mode: `mode` is what was, `new_mode` what comes.
    mode_t mode = 0, new_mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    std::int64_t modified = 0;  // mtime in ns; of set_mode what comes, or 0 to leave it
    bool operator==(const Step&) const = default;
};

using Plan = std::vector<Step>;

// A line a step, between a first line with the version and a last with the count, which is there only in a journal
// that was written to its end. decode() also refuses paths that are not plain ones below the root.
std::string encode(const Plan& plan);
std::optional<Plan> decode(std::string_view text);

}  // namespace heddle::sandbox::changes
