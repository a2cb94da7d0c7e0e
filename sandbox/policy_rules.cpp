// sandbox/policy_rules.cpp: Holds rules against the words of a command, and lets what they widen wait for approval.
#include "sandbox/policy_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "sandbox/policy_meet.h"

namespace heddle::sandbox {

namespace {

constexpr std::array<std::string_view, 44> wrappers = {
    "ash",     "bash",    "busybox", "chroot",   "chrt",    "command", "csh",     "dash",     "doas",
    "env",     "exec",    "expect",  "fakeroot", "find",    "fish",    "flock",   "gdb",      "ionice",
    "ksh",     "linux32", "linux64", "ltrace",   "nice",    "nohup",   "nsenter", "parallel", "prlimit",
    "runuser", "script",  "setarch", "setsid",   "sh",      "ssh",     "stdbuf",  "strace",   "su",
    "sudo",    "taskset", "tcsh",    "time",     "timeout", "unshare", "watch",   "xargs"};

constexpr std::array<std::string_view, 3> system_folders = {"/usr/bin/", "/bin/", "/usr/local/bin/"};

std::string_view base_name(std::string_view program) {
    return program.substr(program.rfind('/') + 1);  // npos + 1 is 0
}

bool is_program(std::string_view wanted, std::string_view program) {
    if (wanted == program) return !program.empty();
    if (wanted.find('/') != wanted.npos) return false;
    const std::string_view name = base_name(program);
    if (name.empty()) return false;
    const std::string_view folder = program.substr(0, program.size() - name.size());
    return wanted == name && std::find(system_folders.begin(), system_folders.end(), folder) != system_folders.end();
}

}  // namespace

PolicyFile tighten(const PolicyFile& base, const PolicyFile& more) {
    PolicyFile both;
    both.tier = std::max(base.tier, more.tier);
    both.require = base.require;
    both.require.insert(more.require.begin(), more.require.end());
    both.permissions = meet(base.permissions, more.permissions);
    for (const auto* rules : {&base.rules, &more.rules})
        std::copy(rules->begin(), rules->end(), std::back_inserter(both.rules));
    for (auto& rule : both.rules) rule.tightens_only = true;
    return both;
}

std::vector<std::string> widens(const PolicyFile& base, const PolicyFile& wanted) {
    std::vector<std::string> found;
    if (wanted.tier < base.tier)
        found.push_back(
            fmt::format("a sandbox of tier {} would do instead of {}", name_of(wanted.tier), name_of(base.tier)));
    for (const auto& name : base.require)
        if (!wanted.require.contains(name)) found.push_back(fmt::format("{} would no longer be required", name));
    for (auto& sentence : excess(base.permissions, wanted.permissions)) found.push_back(std::move(sentence));
    return found;
}

bool runs_others(std::string_view program) {
    return std::find(wrappers.begin(), wrappers.end(), base_name(program)) != wrappers.end();
}

bool matches(const CommandRule& rule, const std::vector<std::string>& argv) {
    const Texts& words = rule.match;
    if (words.empty() || words.size() > argv.size()) return false;
    if (words.size() > 1 && runs_others(argv[0])) return false;
    if (words[0] != "*" && !is_program(words[0], argv[0])) return false;
    return std::equal(words.begin() + 1, words.end(), argv.begin() + 1,
                      [](const auto& wanted, const auto& word) { return wanted == "*" || wanted == word; });
}

bool CommandPolicy::needs_approval() const {
    return std::any_of(matched.begin(), matched.end(),
                       [](const auto& rule) { return rule.ask || !rule.widens.empty(); });
}

CommandPolicy policy_for(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved) {
    CommandPolicy result{policy, {}};
    result.policy.rules.clear();
    Permissions& now = result.policy.permissions;
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
        const CommandRule& rule = policy.rules[i];
        if (!matches(rule, argv)) continue;
        const Permissions wanted = changed(now, rule.changes);
        MatchedRule matched{i, {}, rule.ask};
        if (!rule.tightens_only) matched.widens = excess(now, wanted);
        now = approved && !rule.tightens_only ? wanted : meet(now, wanted);
        result.matched.push_back(std::move(matched));
    }
    return result;
}

}  // namespace heddle::sandbox
