// sandbox/policy_text.cpp: Says in lines, or in JSON, what a policy means for one command.
#include "sandbox/policy_text.h"

#include <fmt/core.h>

#include "sandbox/policy_meet.h"
#include "sandbox/policy_path.h"
#include "sandbox/printable.h"
#include "sandbox/wrappers.h"

namespace heddle::sandbox {

namespace {

using Json = nlohmann::ordered_json;

std::string joined(const Texts& texts, const char* separator = ", ") {
    std::string line;
    for (const auto& text : texts) line += (line.empty() ? "" : separator) + printable(text);
    return line;
}

Texts texts_of(const std::vector<NetRule>& hosts) {
    Texts texts;
    for (const auto& host : hosts) texts.push_back(to_text(host));
    return texts;
}

std::string or_nothing(const Texts& texts) {
    return texts.empty() ? "nothing" : joined(texts);
}

bool writes_workspace(const FsRules& fs) {
    for (const auto& path : *fs.write)
        if (path_covers(place_workspace, path)) return true;
    return false;
}

std::string workspace_line(const FsRules& fs) {
    if (!writes_workspace(fs)) return "to be read only: $WORKSPACE is not in fs.write";
    switch (*fs.workspace) {
        case FsRules::Workspace::ro:
            return "ro: to be read only";
        case FsRules::Workspace::copy:
            return "copy: changes are made to a private copy until they are committed";
        case FsRules::Workspace::cow:
            return "cow: changes are kept apart until they are committed";
        case FsRules::Workspace::direct:
            return "direct: changes are made at once";
    }
    return "?";
}

std::string network_line(const NetworkRules& net) {
    switch (*net.mode) {
        case NetworkRules::Mode::off:
            return "off: a loopback of its own";
        case NetworkRules::Mode::host:
            return "host: all that this machine reaches";
        case NetworkRules::Mode::proxy:
            break;
    }
    return fmt::format("proxy: {}{}{}{}", or_nothing(texts_of(*net.allow)), net.deny->empty() ? "" : "; never ",
                       joined(texts_of(*net.deny)),
                       net.dangerously_allow_private ? "; these may lead into this machine and its networks" : "");
}

std::string limits_line(const LimitRules& limits) {
    std::string line;
    for (const auto& field : limit_fields())
        line += fmt::format("{}{} {}{}", line.empty() ? "" : ", ", field.key, *(limits.*field.value), field.unit);
    return line;
}

Texts names_set(const EnvRules& env) {
    Texts names;
    for (const auto& [name, value] : *env.set) names.push_back(name);
    return names;
}

std::string environment_line(const EnvRules& env) {
    return fmt::format("a clean one; passed on: {}; set: {}", or_nothing(*env.pass), or_nothing(names_set(env)));
}

// Those that the command does not meet itself. They hold for an agent's tools, whose lines of shell are looked into.
std::vector<MatchedRule> seen_rules(const PolicyFile& policy, const std::vector<std::string>& argv) {
    std::vector<MatchedRule> seen = policy_for(policy, argv, false, SeenCommands(argv)).matched;
    std::erase_if(seen, [](const auto& matched) { return !matched.is_seen; });
    return seen;
}

std::string why_met(const Texts& match) {
    std::string program = match[0] == "*" ? "any program" : "the program " + printable(match[0]);
    if (match.size() == 1) return program;
    return program + " with arguments that begin with " + joined({match.begin() + 1, match.end()}, " ");
}

std::string rule_line(const PolicyFile& policy, const MatchedRule& matched) {
    const Texts& match = policy.rules[matched.index].match;
    return fmt::format(
        "rule {} ({}): {}{}{}\n", matched.index + 1, joined(match, " "),
        matched.is_seen ? "for an agent's tools alone, and only to tighten: the command may start " : "it is met by ",
        why_met(match), matched.ask ? "; to be asked for each time" : "");
}

std::string no_rule_line(const PolicyFile& policy, const std::vector<std::string>& argv) {
    const std::string others = runs_others(argv[0]) ? "; none looks into what " + printable(argv[0]) + " runs" : "";
    return fmt::format("rules: none of {} is met{}\n", policy.rules.size(), others);
}

}  // namespace

std::string explain(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved) {
    const CommandPolicy holds = policy_for(policy, argv, approved);
    const auto& [fs, net, limits, env] = holds.policy.permissions;
    std::string text;
    const auto line = [&](const char* name, const std::string& what) { text += fmt::format("{}: {}\n", name, what); };
    line("command", joined(argv, " "));
    line("sandbox", fmt::format("tier {} or stronger; required: {}", name_of(holds.policy.tier),
                                or_nothing({holds.policy.require.begin(), holds.policy.require.end()})));
    line("workspace", workspace_line(fs));
    line("read",
         "the system's programs and libraries, the workspace" + (fs.read->empty() ? "" : ", " + joined(*fs.read)));
    line("write", or_nothing(*fs.write));
    line("hidden", or_nothing(*fs.hide));
    line("protected", or_nothing(*fs.protect));
    line("caches", or_nothing(*fs.caches));
    line("network", network_line(net));
    line("limits", limits_line(limits));
    line("environment", environment_line(env));
    if (holds.matched.empty() && !policy.rules.empty()) text += no_rule_line(policy, argv);
    for (const auto& matched : holds.matched) {
        text += rule_line(policy, matched);
        for (const auto& sentence : matched.widens)
            text += fmt::format("  {}: {}\n", approved ? "approved" : "needs approval", sentence);
    }
    for (const auto& seen : seen_rules(policy, argv)) text += rule_line(policy, seen);
    return text;
}

Json explain_json(const PolicyFile& policy, const std::vector<std::string>& argv, bool approved) {
    const CommandPolicy holds = policy_for(policy, argv, approved);
    const auto& [fs, net, limits, env] = holds.policy.permissions;
    Json json;
    json["command"] = argv;
    json["approved"] = approved;
    json["needs_approval"] = holds.needs_approval();
    json["tier"] = name_of(holds.policy.tier);
    json["require"] = holds.policy.require;
    json["fs"] = {{"workspace", name_of(*fs.workspace)},
                  {"read", *fs.read},
                  {"write", *fs.write},
                  {"hide", *fs.hide},
                  {"protect", *fs.protect},
                  {"caches", *fs.caches}};
    json["net"] = {{"mode", name_of(*net.mode)},
                   {"allow", texts_of(*net.allow)},
                   {"deny", texts_of(*net.deny)},
                   {"dangerously_allow_private", net.dangerously_allow_private}};
    for (const auto& field : limit_fields()) json["limits"][field.key] = *(limits.*field.value);
    json["env"] = {{"pass", *env.pass}, {"set", names_set(env)}};
    json["rules"] = Json::array();
    for (const auto& matched : holds.matched)
        json["rules"].push_back({{"rule", matched.index + 1},
                                 {"match", policy.rules[matched.index].match},
                                 {"ask", matched.ask},
                                 {"widens", matched.widens}});
    json["rules_seen"] = Json::array();
    for (const auto& seen : seen_rules(policy, argv)) json["rules_seen"].push_back(seen.index + 1);
    return json;
}

}  // namespace heddle::sandbox
