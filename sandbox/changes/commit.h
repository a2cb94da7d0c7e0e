// sandbox/changes/commit.h: Takes a guest's changes into the host's folder, all or none.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/changes/baseline.h"
#include "sandbox/changes/diff.h"

namespace heddle::sandbox::changes {

struct CommitOptions {
    DiffOptions diff;               // as the changes were found with
    std::set<std::string> allowed;  // paths whose refusal a person has lifted; counts where Change::allowable
    // Host owner of a new file from its owner in the upper layer; without it that of the host's folder it comes to.
    // What the host had keeps its owner. Only root can give files away: anybody else's are his own.
    std::function<std::pair<uid_t, gid_t>(uid_t, gid_t)> owner;
    std::function<void()> before_step;  // called ahead of each step that a crash could cut off: tests end there
};

struct CommitReport {
    bool done = false;  // all of `committed` is in the folder; else the folder is as it was
    std::vector<Change> committed;
    std::vector<Change> refused;    // each with its refusal; the rest is committed without them
    std::vector<Change> conflicts;  // not empty: the host, or the guest, went on meanwhile, and nothing was committed;
                                    // `refusal` says what happened. Leave them out of `chosen` to commit the rest
};

// Takes `chosen`, some or all of a diff(), from `upper` into `root`. Everything is judged once more by a diff of its
// own: what the caller says about a change grants nothing.
//
// All new files are written to `.heddle-commit-TOKEN` in the root, checked, and renamed into place; what they replace
// is kept there until all is in place and on disk. A failure undoes all; after a crash recover() does. `journals` is a
// folder of heddle's own state, outside every workspace. Regular files, folders and links only; rwx bits, times and
// holes are kept, set-id bits are not, nor hard links, extended attributes and ACLs. A file that was replaced is a new
// inode: other hard links of the old one keep the old content.
//
// Nothing of the guest may run meanwhile, and its overlay must be mounted anew after: overlayfs remembers which names
// the host had, and would leave no whiteout for a name that came by this commit. Emptying the upper layer first
// (rollback) is good where all was taken; what was refused or not chosen is in it still. `baseline` learns what was
// written, so that a later commit does not take it for the host's edits. Throws Error; the folder is then as it was.
CommitReport commit(std::span<const Change> chosen, const Fd& upper, const Fd& root, const Fd& journals,
                    Baseline& baseline, const CommitOptions& options);

struct Recovery {
    int finished = 0, undone = 0;
    std::vector<std::string> left;  // a line on each path where the host has meanwhile put something else; the original
                                    // is still in commit's folder, which then stays
};

// Ends what a crash cut off: to be called whenever a workspace is opened, before a view is made of it. Folders that
// only look like commit's are not touched. Throws Error, also where another process is committing to the folder.
Recovery recover(const Fd& root, const Fd& journals);

}  // namespace heddle::sandbox::changes
