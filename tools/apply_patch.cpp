// tools/apply_patch.cpp: Plans and prepares every file first; then each takes its place, and one that cannot takes all
// back.
#include "tools/apply_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/error.h"
#include "tools/file_change.h"
#include "tools/hunks.h"
#include "tools/patch.h"
#include "tools/text_file.h"
#include "tools/texts.h"
#include "tools/workspace.h"

namespace heddle::tools {

namespace {

constexpr std::size_t said_max = 100;  // files that the result names

class PatchPlan {
 public:
    explicit PatchPlan(Workspace workspace) : workspace_(std::move(workspace)) {}

    // Reads, checks and prepares; nothing of the workspace changes. Throws Error.
    void add(const FilePatch& patch) {
        if (patch.creates())
            create(patch);
        else if (patch.removes())
            remove(patch);
        else
            change(patch);
    }

    // All, or none. Throws Error.
    void carry_out() {
        std::size_t done = 0;
        try {
            for (; done < changes_.size(); ++done) changes_[done].apply(true);
        } catch (const std::exception& error) {
            if (done == 0) throw Error(fmt::format("{}; nothing was changed", error.what()));
            std::string not_undone;
            while (done > 0) not_undone += undo(changes_[--done]);
            throw Error(fmt::format("{}; {}", error.what(),
                                    not_undone.empty() ? "what the patch had changed before was taken back"
                                                       : "not all could be taken back: " + not_undone));
        }
        for (auto& change : changes_) change.finish();
    }

    std::string report() const {
        std::string text;
        for (std::size_t i = 0; i < std::min(said_.size(), said_max); ++i) text += said_[i] + "\n";
        if (said_.size() > said_max) text += fmt::format("... {} more\n", said_.size() - said_max);
        return text;
    }

 private:
    static std::string undo(FileChange& change) {
        try {
            change.undo();
            return "";
        } catch (const Error& error) {
            return std::string(error.what()) + "; ";
        }
    }

    // By whatever name and link: what happens to a file once cannot be told apart from what happens to it twice.
    void demand_first(const Target& target, const std::string& path) {
        if (!places_.insert(target.place).second)
            throw Error(fmt::format("two parts of the patch mean the same file {}, nothing was changed", path));
    }

    Target place_for_new(const std::string& path) {
        Target target = workspace_.to_write(path);
        if (target.status) throw Error(fmt::format("{} is there already, nothing was changed", Workspace::shown(path)));
        demand_first(target, Workspace::shown(path));
        return target;
    }

    void create(const FilePatch& patch) {
        const std::string shown = Workspace::shown(patch.new_path), text = text_of_new_file(patch.hunks);
        Target target = place_for_new(patch.new_path);
        changes_.push_back(FileChange::write(std::move(target), text, shown, {{}, patch.executable}));
        said_.push_back(fmt::format("A {} (+{})", shown, split_lines(text).size()));
    }

    void remove(const FilePatch& patch) {
        const std::string shown = Workspace::shown(patch.old_path);
        Target target = workspace_.to_remove(patch.old_path);
        demand_first(target, shown);
        std::size_t removed = 0;
        if (!patch.hunks.empty()) {
            const TextFile file(workspace_.read(target, patch.old_path), shown);
            const PlacedHunks placed = place_hunks(patch.hunks, file.text(), shown);
            if (!file.with(placed.splices).empty() && split_lines(file.text()).size() != placed.removed)
                throw Error(fmt::format(
                    "{} is to be deleted, but has lines that the patch does not; nothing was changed", shown));
            removed = placed.removed;
        }
        changes_.push_back(FileChange::remove(std::move(target), shown));
        said_.push_back(fmt::format("D {} (-{})", shown, removed));
    }

    void change(const FilePatch& patch) {
        const std::string old_shown = Workspace::shown(patch.old_path), shown = Workspace::shown(patch.new_path);
        Target from = patch.moves() ? workspace_.to_remove(patch.old_path) : workspace_.to_write(patch.old_path);
        if (!from.status) throw Error("no such file: " + old_shown);
        demand_first(from, old_shown);
        const std::string name = patch.moves() ? fmt::format("R {} -> {}", old_shown, shown) : "M " + shown;
        if (patch.moves() && patch.hunks.empty() && !patch.executable) {
            changes_.push_back(FileChange::move(std::move(from), place_for_new(patch.new_path), shown));
            said_.push_back(name);
            return;
        }
        std::string bytes = workspace_.read(from, patch.old_path);
        PlacedHunks placed;
        if (!patch.hunks.empty()) {
            const TextFile file(std::move(bytes), old_shown);
            placed = place_hunks(patch.hunks, file.text(), old_shown);
            bytes = file.with(placed.splices);
        }
        if (patch.moves()) {
            const FileLooks looks{from.status, patch.executable};
            changes_.push_back(FileChange::write(place_for_new(patch.new_path), bytes, shown, looks));
            changes_.push_back(FileChange::remove(std::move(from), old_shown));
        } else {
            changes_.push_back(FileChange::write(std::move(from), bytes, shown, {{}, patch.executable}));
        }
        said_.push_back(fmt::format("{} (+{} -{})", name, placed.added, placed.removed));
        for (const auto& note : placed.notes) said_.push_back("  " + note);
    }

    Workspace workspace_;
    std::vector<FileChange> changes_;
    std::set<std::string> places_;
    std::vector<std::string> said_;
};

}  // namespace

ApplyPatch::ApplyPatch() : Tool(tool_spec("apply_patch", {{"patch", {{"type", "string"}}}}, {"patch"})) {}

ToolResult ApplyPatch::run(const prompts::Json& arguments, ToolContext& context, std::stop_token) {
    const std::vector<FilePatch> patches = parse_patch(arguments.at("patch").get_ref<const std::string&>());
    PatchPlan plan(Workspace(context.bench.policy(), context.bench.folder()));
    for (const auto& patch : patches) plan.add(patch);
    plan.carry_out();
    ToolResult result;
    result.text =
        fmt::format("{}[patched {} {}]", plan.report(), patches.size(), patches.size() == 1 ? "file" : "files");
    result.details = {{"files", patches.size()}};
    return result;
}

CallSubject ApplyPatch::subject(const prompts::Json& arguments, const ToolContext& context) const {
    CallSubject subject;
    try {
        for (const auto& patch : parse_patch(arguments.at("patch").get_ref<const std::string&>())) {
            for (const auto& path : {patch.old_path, patch.new_path}) {
                if (!path.empty()) subject.names.push_back(Workspace::named(path, context.bench.policy().workspace));
            }
        }
    } catch (const Error&) {
        return {};  // run() says what is wrong with it
    }
    return subject;
}

}  // namespace heddle::tools
