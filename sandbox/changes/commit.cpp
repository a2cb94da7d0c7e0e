// sandbox/changes/commit.cpp: Chooses, finds conflicts, stages, swaps, and undoes what did not come to its end.
// Theory: a commit is staging (nothing of the workspace is touched), then the journal on disk, then renames, then one
// line in the journal. Before that line every end, a crash too, leads back; after it only cleaning up is left.
#include "sandbox/changes/commit.h"

#include <fcntl.h>

#include <algorithm>
#include <exception>
#include <map>

#include "sandbox/changes/commit_folder.h"
#include "sandbox/changes/journal.h"
#include "sandbox/changes/refusals.h"
#include "sandbox/changes/stage.h"
#include "sandbox/changes/swap.h"
#include "sandbox/error.h"
#include "sandbox/printable.h"

namespace heddle::sandbox::changes {

namespace {

using Kind = Change::Kind;
constexpr const char* not_chosen = "not chosen";

constexpr const char* changed_since = "the host changed it since the workspace was opened";

bool changed_on_host(const Change& change, const Fd& root, const Baseline& baseline) {
    const std::string parent(parent_of(change.path));
    const Fd folder = open_beneath(root.get(), parent, O_PATH | O_DIRECTORY);
    if (!folder) return false;  // the folder comes with the guest, too
    const auto there = look_at(folder.get(), parent.empty() ? change.path : change.path.substr(parent.size() + 1));
    // The entries of a folder are judged one by one.
    return there && !S_ISDIR(there->st_mode) && baseline.is_newer(change.path, *there);
}

// overlayfs copied it up, under this or another name, and the host has none of this name: it may have had one.
bool may_be_gone(const Change& change, const Fd& root, const Baseline& baseline) {
    if (change.kind != Kind::added || !change.copied_up) return false;
    const std::string parent(parent_of(change.path));
    const Fd folder = open_beneath(root.get(), parent, O_PATH | O_DIRECTORY);
    Stat found{};
    return folder && ::fstat(folder.get(), &found) == 0 && baseline.is_newer(parent, found);
}

// Fills the report; returns what is to be committed.
std::vector<Change> choose(std::span<const Change> chosen, std::vector<Change> fresh, const Fd& root,
                           const Baseline& baseline, const CommitOptions& options, CommitReport& report) {
    std::map<std::string_view, const Change*> wanted;
    for (const auto& change : chosen) wanted.emplace(change.path, &change);
    const auto conflict = [&](Change change, std::string why) {
        change.refusal = std::move(why);
        report.conflicts.push_back(std::move(change));
    };
    for (auto& change : fresh) {
        const auto found = wanted.find(change.path);
        if (found == wanted.end()) {
            change.refusal = not_chosen;
            continue;
        }
        if (*found->second != change) conflict(change, "it is not what was shown; look at the changes again");
        wanted.erase(found);
        if (change.carried || (change.allowable && options.allowed.count(change.path) > 0)) change.refusal.clear();
        change.carried = false;
    }
    for (const auto& [path, change] : wanted) conflict(*change, "it is not what was shown; look at the changes again");
    carry_refusals(fresh);

    std::vector<Change> taken;
    for (auto& change : fresh) {
        if (change.refusal == not_chosen) continue;
        if (!change.refusal.empty()) {
            report.refused.push_back(std::move(change));
            continue;
        }
        if (changed_on_host(change, root, baseline))
            conflict(change, changed_since);
        else if (may_be_gone(change, root, baseline))
            conflict(change, "the host may have removed it since the workspace was opened");
        taken.push_back(std::move(change));
    }
    return taken;
}

bool is_kept(const Kept& kept, const std::optional<Stat>& found) {
    return found && found->st_ino == kept.inode && nanoseconds(found->st_mtim) == kept.modified &&
           found->st_size == kept.size;
}

// The host may have edited a file between staging and the rename: then the slot holds that edit. Its path, or "".
std::string edited_meanwhile(const Staged& staged, const Fd& slots) {
    for (const Step& step : staged.plan) {
        if (step.kind != Step::Kind::take && step.kind != Step::Kind::exchange) continue;
        if (!is_kept(staged.kept.at(step.slot), look_at(slots.get(), std::to_string(step.slot)))) return step.path;
    }
    return "";
}

// Renames move a ctime as edits do: notes it as commit's own doing.
void note_own(const std::string& path, const Fd& root, Baseline& baseline) {
    const Fd held = open_beneath(root.get(), path, O_PATH);
    Stat found{};
    if (held && ::fstat(held.get(), &found) == 0) baseline.written[path] = nanoseconds(found.st_ctim);
}

void note_folders(const Plan& plan, const Fd& root, Baseline& baseline) {
    note_own("", root, baseline);  // commit's own folder came and went there
    for (const Step& step : plan) note_own(std::string(parent_of(step.path)), root, baseline);
}

// One commit from its folder to its end; cleans up after itself unless an original could not be put back.
class Attempt {
 public:
    Attempt(const Fd& root, const Fd& journals, Baseline& baseline)
        : root_(root),
          baseline_(baseline),
          token_(Journal::new_token()),
          journal_(Journal::create(journals.get(), token_)) {}

    // "", or the path of the change that an edit of the host came between.
    std::string run(const std::vector<Change>& taken, const Fd& upper, const CommitOptions& options) {
        const auto step = [&] {
            if (options.before_step) options.before_step();
        };
        Staged staged;
        try {
            step();
            slots_ = make_commit_folder(root_, token_);
            step();
            staged = stage(taken, upper, root_, slots_, options.owner);
            step();
            write_to_disk(root_);
            // Once more, as what was staged is from now on what the slots are held against.
            for (const auto& change : taken) {
                if (!changed_on_host(change, root_, baseline_)) continue;
                take_back({});
                return change.path;
            }
            step();
            journal_.write(staged.plan);
            apply(staged.plan, root_, slots_, options.before_step);
            if (std::string edited = edited_meanwhile(staged, slots_); !edited.empty()) {
                take_back(staged);
                return edited;
            }
            step();
            write_to_disk(root_);
            step();
            journal_.mark_committed();
        } catch (...) {
            take_back(staged);
            throw;
        }
        step();
        clean_up(step);
        for (const auto& change : taken) note_own(change.path, root_, baseline_);
        note_folders(staged.plan, root_, baseline_);
        return "";
    }

 private:
    void take_back(const Staged& staged) {
        const std::vector<std::string> left = slots_ ? undo(staged.plan, root_, slots_) : std::vector<std::string>{};
        if (!left.empty())
            throw Error("take the commit back: " + left.front() + "; the originals are in " + folder_name(token_));
        clean_up([] {});
        for (const Step& step : staged.plan) {
            if (step.kind != Step::Kind::take && step.kind != Step::Kind::exchange) continue;
            const Place place = place_of(root_.get(), step.path);
            if (is_kept(staged.kept.at(step.slot), look_at(place.folder.get(), place.name)))
                note_own(step.path, root_, baseline_);
        }
        note_folders(staged.plan, root_, baseline_);
    }
    template <typename Step>
    void clean_up(const Step& step) {
        remove_commit_folder(root_, token_);
        step();
        journal_.remove();
    }

    const Fd& root_;
    Baseline& baseline_;
    std::string token_;
    Journal journal_;
    Fd slots_;
};

}  // namespace

CommitReport commit(std::span<const Change> chosen, const Fd& upper, const Fd& root, const Fd& journals,
                    Baseline& baseline, const CommitOptions& options) {
    const Fd locked = lock_root(root);
    if (!cut_off(locked, journals).empty())
        throw Error("commit to the workspace: an earlier commit was cut off; open the workspace anew to recover it");
    CommitReport report;
    std::vector<Change> taken = choose(chosen, diff(upper, root, options.diff), root, baseline, options, report);
    if (!report.conflicts.empty()) return report;
    if (!taken.empty()) {
        const std::string edited = Attempt(locked, journals, baseline).run(taken, upper, options);
        for (auto& change : taken) {
            if (change.path != edited) continue;
            change.refusal = "the host changed it during the commit";
            report.conflicts.push_back(std::move(change));
            return report;
        }
    }
    report.done = true;
    report.committed = std::move(taken);
    return report;
}

Recovery recover(const Fd& root, const Fd& journals) {
    Recovery recovery;
    if (cut_off(root, journals).empty()) return recovery;
    const Fd locked = lock_root(root);
    for (const auto& token : cut_off(locked, journals)) {
        const auto journal = Journal::open(journals.get(), token);
        if (!journal) continue;
        if (journal->committed()) {
            ++recovery.finished;
        } else {
            // Without a whole plan nothing was swapped yet.
            if (const auto plan = journal->plan()) {
                const Fd slots = open_folder(locked.get(), folder_name(token));
                if (!slots) throw Error("open the folder of a commit that was cut off", errno);
                const auto left = undo(*plan, locked, slots);
                recovery.left.insert(recovery.left.end(), left.begin(), left.end());
                if (!left.empty()) continue;
            }
            ++recovery.undone;
        }
        remove_commit_folder(locked, token);
        journal->remove();
    }
    return recovery;
}

}  // namespace heddle::sandbox::changes
