// runtime/cli/sandbox_changes.cpp: `heddle sandbox diff|commit|discard`, and the same for a run that asks for it.
#include "runtime/cli/sandbox_changes.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "runtime/cli/commands.h"
#include "runtime/cli/sandbox_policy.h"
#include "runtime/cli/standard_output.h"
#include "runtime/config.h"
#include "runtime/terminal_text.h"
#include "sandbox/changes/commit.h"
#include "sandbox/changes/describe.h"
#include "sandbox/error.h"

namespace fs = std::filesystem;

namespace heddle {

namespace {

namespace changes = sandbox::changes;

fs::path data_folder() {
    return find_paths().store.parent_path();
}

changes::CommitOptions commit_options(const std::vector<std::string>& protect) {
    changes::CommitOptions options;
    options.diff.protect = changes::ProtectedPaths(protect);
    return options;
}

// What became of a commit, a line each. The workspace is as it was where there are conflicts.
std::string report(const changes::CommitReport& report) {
    if (!report.done) {
        return fmt::format("nothing was committed, for the folder was changed meanwhile:\n{}",
                           changes::describe(report.conflicts));
    }
    std::string text;
    if (!report.committed.empty()) text += fmt::format("committed:\n{}", changes::describe(report.committed));
    if (!report.refused.empty()) text += fmt::format("not committed:\n{}", changes::describe(report.refused));
    return text;
}

// What a person can do about changes that are kept.
std::string words_on(const fs::path& workspace) {
    std::error_code error;
    const bool is_here = fs::equivalent(workspace, fs::current_path(error), error);
    const std::string where = is_here ? "" : " --workspace " + printable_line(workspace.native());
    return fmt::format(
        "heddle sandbox diff{0} shows them, heddle sandbox commit{0} takes them (what is protected with --accept "
        "PATH), "
        "heddle sandbox discard{0} drops them",
        where);
}

struct ChangesOptions {
    fs::path workspace = ".", policy_file;
    std::vector<std::string> allowed;
};

std::vector<std::string> protect_of(const ChangesOptions& options) {
    std::vector<std::string> globs;
    const sandbox::PolicyFile policy = find_policy(options.policy_file, options.workspace);
    for (const auto& glob : *policy.permissions.fs.protect)
        if (glob != "default") globs.push_back(glob);
    return globs;
}

// The changes that are kept of a workspace. Throws sandbox::Error where there are none.
KeptChanges kept_of(const ChangesOptions& options) {
    KeptChanges kept(data_folder(), options.workspace);
    if (!kept.exist()) {
        throw sandbox::Error("look for changes of " + fs::weakly_canonical(options.workspace).native() +
                             ": none are kept; heddle sandbox run --mode cow makes some");
    }
    return kept;
}

int diff(const ChangesOptions& options) {
    const KeptChanges kept = kept_of(options);
    print_answer(changes::describe(changes::diff(kept.upper(), kept.root(), commit_options(protect_of(options)).diff)));
    return exit_done;
}

int commit(const ChangesOptions& options) {
    KeptChanges kept = kept_of(options);
    changes::CommitOptions how = commit_options(protect_of(options));
    how.allowed = {options.allowed.begin(), options.allowed.end()};
    changes::Baseline baseline = kept.baseline();
    const sandbox::Fd upper = kept.upper();
    const auto found = changes::diff(upper, kept.root(), how.diff);
    const auto done = changes::commit(found, upper, kept.root(), kept.journals(), baseline, how);
    print_answer(report(done));
    if (done.done) kept.drop();
    return done.done ? exit_done : exit_failed;
}

int discard(const ChangesOptions& options) {
    kept_of(options).drop();
    return exit_done;
}

}  // namespace

CopiedWorkspace::CopiedWorkspace(const fs::path& workspace, const std::vector<std::string>& protect)
    : workspace_(fs::weakly_canonical(workspace)),
      protect_(protect),
      kept_(data_folder(), workspace),
      baseline_(changes::Baseline::take()) {
    if (kept_.exist()) {
        throw sandbox::Error("keep changes of " + workspace_.native() + " apart: those of an earlier command wait; " +
                             words_on(workspace_));
    }
}

std::string CopiedWorkspace::keep(const sandbox::Fd& upper) {
    kept_.keep(upper, baseline_);
    return "kept: " + words_on(workspace_) + "\n";
}

CopiedWorkspace::End CopiedWorkspace::finish(const sandbox::Fd& upper, bool commit) {
    const changes::CommitOptions how = commit_options(protect_);
    const auto found = changes::diff(upper, kept_.root(), how.diff);
    if (found.empty()) return {};
    if (!commit) return {changes::describe(found) + keep(upper)};
    const auto done = changes::commit(found, upper, kept_.root(), kept_.journals(), baseline_, how);
    const bool may_be_lifted = std::ranges::any_of(done.refused, &changes::Change::allowable);
    return {report(done) + (!done.done || may_be_lifted ? keep(upper) : ""), !done.done};
}

void add_sandbox_changes(CLI::App& sandbox, int& exit_code) {
    const auto add = [&](const char* name, const char* help, int (*act)(const ChangesOptions&)) {
        auto options = std::make_shared<ChangesOptions>();
        auto* command = sandbox.add_subcommand(name, help);
        command->add_option("--workspace", options->workspace, "The folder")->check(CLI::ExistingDirectory);
        command->add_option("--policy", options->policy_file, "A policy file in place of the user's");
        command->callback([options, act, &exit_code] { exit_code = act(*options); });
        return std::pair{command, options};
    };
    add("diff", "Show what commands on a copy of a folder changed, and what commit would not take", diff);
    const auto [command, options] = add("commit", "Take these changes into the folder, all or none", commit);
    command->add_option("--accept", options->allowed, "A protected path to be taken all the same; may be repeated")
        ->allow_extra_args(false);
    add("discard", "Drop these changes", discard);
}

}  // namespace heddle
