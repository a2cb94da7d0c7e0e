// tools/command_gate.cpp: Which rules are met, what they would change, one question for all of them, and its answer.
#include "tools/command_gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/printable.h"

namespace heddle::tools {

namespace {

using sandbox::CommandPolicy;
using sandbox::MatchedRule;
using sandbox::SeenCommands;

constexpr std::size_t asked_bytes_max = 2000;  // of a command: nobody approves what he is not shown, nor reads more

std::string words_of(const std::vector<std::string>& argv) {
    std::string words;
    for (const auto& word : argv) words += (words.empty() ? "" : " ") + sandbox::printable(word);
    return words;
}

bool keeps_apart(const sandbox::PolicyFile& policy) {
    using Workspace = sandbox::FsRules::Workspace;
    const Workspace workspace = *policy.permissions.fs.workspace;
    return workspace == Workspace::cow || workspace == Workspace::copy;
}

// Whether all that differs can be given to a command in a guest that others share: its time, and its variables.
bool fits_shared_guest(sandbox::PolicyFile holds, const sandbox::PolicyFile& all) {
    holds.permissions.limits.wall_s = all.permissions.limits.wall_s;
    holds.permissions.env = all.permissions.env;
    return sandbox::widens(all, holds).empty() && sandbox::widens(holds, all).empty();
}

}  // namespace

CommandGate::CommandGate(sandbox::PolicyFile policy, Compile compile, Ask ask)
    : policy_(std::move(policy)), compile_(std::move(compile)), ask_(std::move(ask)) {}

std::string CommandGate::name_of(const MatchedRule& matched) const {
    return fmt::format("rule {} ({})", matched.index + 1, words_of(policy_.rules[matched.index].match));
}

bool CommandGate::approves(const CommandPolicy& found, const std::string& command, std::stop_token stop) {
    if (!ask_ || command.size() > asked_bytes_max) return false;
    std::string why;
    bool is_asked_each_time = false;
    for (const auto& matched : found.matched) {
        if (!matched.ask && (matched.is_seen || matched.widens.empty())) continue;
        is_asked_each_time = is_asked_each_time || matched.ask;
        why += fmt::format("{}{}{}", why.empty() ? "" : "; ", name_of(matched), matched.ask ? " asks each time" : "");
        if (!matched.is_seen && !matched.widens.empty()) why += fmt::format(": {}", fmt::join(matched.widens, ", "));
    }
    if (const auto answer = answers_.find(why); !is_asked_each_time && answer != answers_.end()) return answer->second;
    const bool allowed =
        ask_(fmt::format("allow {}? {} {}", command, why,
                         is_asked_each_time ? "[y/N]" : "[y/N, then for all such commands of this conversation]"),
             stop) != Answer::no;
    if (!is_asked_each_time && !stop.stop_requested()) answers_[why] = allowed;
    return allowed;
}

Ruling CommandGate::rule_on(const sandbox::Command& command, std::set<std::size_t>& told, std::stop_token stop) {
    Ruling ruling;
    const SeenCommands seen(command.argv);
    const CommandPolicy found = sandbox::policy_for(policy_, command.argv, false, seen);
    if (found.matched.empty()) return ruling;
    const auto fits = [&](const sandbox::PolicyFile& holds) {
        return !keeps_apart(policy_) || fits_shared_guest(holds, policy_);
    };
    ruling.details = {{"met", prompts::Json::array()}, {"approved", false}};
    for (const auto& matched : found.matched) ruling.details["met"].push_back(matched.index + 1);
    if (!fits(found.policy)) {
        ruling.refusal = fmt::format(
            "[error: not run: {} gives such a command a tighter sandbox of its own, and here all commands share one, "
            "since their changes are kept apart; do it another way, or leave it to the user]",
            name_of(found.matched.front()));
        return ruling;
    }
    const bool asks = std::ranges::any_of(found.matched, &MatchedRule::ask);
    const sandbox::PolicyFile wanted = sandbox::policy_for(policy_, command.argv, true, seen).policy;
    const std::string shown =
        words_of(command.argv) + (command.input.empty() ? "" : " <<< " + sandbox::printable(command.input));
    const bool may_widen = fits(wanted);
    ruling.approved = found.needs_approval() && (may_widen || asks) && approves(found, shown, stop);
    ruling.details["approved"] = ruling.approved;
    const std::string why_not = !ask_ ? "nobody can be asked for approval here"
                                : shown.size() > asked_bytes_max
                                    ? "it is too long for the user to be asked about; make "
                                      "it shorter"
                                    : "the user did not approve it";
    if (asks && !ruling.approved) {
        const auto asking = std::ranges::find_if(found.matched, &MatchedRule::ask);
        ruling.refusal = stop.stop_requested()
                             ? "[cancelled before it was run]"
                             : fmt::format(
                                   "[error: not run: {} wants the user to approve each such command, and {}; do "
                                   "it another way, or leave it to the user]",
                                   name_of(*asking), why_not);
        return ruling;
    }
    for (const auto& matched : found.matched) {
        const bool is_had = ruling.approved && may_widen && !matched.is_seen;
        if (matched.widens.empty() || is_had || !told.insert(matched.index).second) continue;
        const std::string more =
            fmt::format("{} would allow more ({}), but ", name_of(matched), fmt::join(matched.widens, ", "));
        ruling.notes.push_back(more + (matched.is_seen
                                           ? "to a command that is called alone, with nothing else in its line"
                                       : !may_widen ? "not here, where all commands share one sandbox; go on without it"
                                                    : why_not + "; go on without it"));
    }
    const sandbox::PolicyFile& holds = ruling.approved && may_widen ? wanted : found.policy;
    Means means = compile_(holds);
    if (keeps_apart(holds) && !keeps_apart(policy_))
        ruling.notes.emplace_back("what it wrote to the folder was dropped, as a rule keeps it apart");
    ruling.is_common = sandbox::widens(policy_, holds).empty() && sandbox::widens(holds, policy_).empty();
    ruling.policy = std::move(means.policy);
    ruling.environment = std::move(means.environment);
    return ruling;
}

Ruling CommandGate::decide(const sandbox::Command& command, std::stop_token stop) {
    std::set<std::size_t> told;
    std::vector<std::string> notes;
    if (const auto sole = sandbox::sole_command(command.argv)) {
        const CommandPolicy found = sandbox::policy_for(policy_, *sole, false, SeenCommands(*sole));
        if (found.needs_approval()) {
            sandbox::Command alone = command;
            alone.argv = *sole;
            Ruling ruling = rule_on(alone, told, stop);
            ruling.argv = *sole;
            if (ruling.approved || !ruling.refusal.empty()) return ruling;
            notes = std::move(ruling.notes);  // then the shell runs it, under what is said of the shell, too
        }
    }
    Ruling ruling = rule_on(command, told, stop);
    ruling.notes.insert(ruling.notes.begin(), notes.begin(), notes.end());
    return ruling;
}

}  // namespace heddle::tools
