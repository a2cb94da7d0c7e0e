// sandbox/policy_parse.cpp: Reads a policy: every key is known, every value in bounds, or one line says where not.
#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/net/rules.h"
#include "sandbox/policy_file.h"
#include "sandbox/policy_path.h"
#include "sandbox/policy_value.h"
#include "sandbox/policy_variables.h"
#include "sandbox/seen_commands.h"
#include "sandbox/toml_scan.h"
#include "sandbox/wrappers.h"

namespace heddle::sandbox {

namespace {

using Value = PolicyValue;
using Workspace = FsRules::Workspace;
using Mode = NetworkRules::Mode;

constexpr std::size_t rules_max = 256;  // each is looked at for each command

constexpr std::pair<const char*, Workspace> workspaces[] = {
    {"cow", Workspace::cow}, {"copy", Workspace::copy}, {"direct", Workspace::direct}, {"ro", Workspace::ro}};
constexpr std::pair<const char*, Mode> modes[] = {{"off", Mode::off}, {"proxy", Mode::proxy}, {"host", Mode::host}};
constexpr std::pair<const char*, Tier> tiers[] = {{"A", Tier::a}, {"B", Tier::b}, {"C", Tier::c}};

template <typename Names>
Texts names_of(const Value& value, const Names& names) {
    const std::string wanted = fmt::format("one of {}", fmt::join(names, ", "));
    return texts_of(value, wanted, [&](const Value& item, const std::string& text) {
        if (std::find(names.begin(), names.end(), text) == names.end()) refuse(item, wanted);
        return text;
    });
}

Texts paths_of(const Value& value, bool for_writing) {
    const std::string wanted = path_wanted(for_writing);
    return texts_of(value, wanted, [&](const Value& item, const std::string& text) {
        const auto path = policy_path(text, for_writing, item.source.home);
        if (!path) refuse(item, wanted);
        return *path;
    });
}

Texts patterns_of(const Value& value) {
    const std::string wanted = "a pattern, from the workspace, from ~ or absolute, without \"..\"";
    return texts_of(value, wanted, [&](const Value& item, const std::string& text) {
        const auto pattern = policy_pattern(text, item.source.home);
        if (!pattern) refuse(item, wanted);
        return *pattern;
    });
}

std::vector<NetRule> hosts_of(const Value& value) {
    const std::string wanted =
        "a host as \"example.com\", \"*.example.com\", \"192.0.2.1\" or \"[2001:db8::1]\", with \":port\" or without";
    return texts_of(value, wanted, [&](const Value& item, const std::string& text) {
        std::string why;
        auto rule = parse_net_rule(text, &why);
        if (!rule) refuse(item, wanted + ": " + why);
        return *std::move(rule);
    });
}

// PATH stays as it is: rules know a command by its bare name, and PATH says what that is.
std::string variable_of(const Value& value, const std::string& text) {
    constexpr std::string_view digits = "0123456789", letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    const bool fits = !text.empty() && digits.find(text.front()) == digits.npos &&
                      text.find_first_not_of(std::string(letters).append(digits)) == text.npos;
    if (!fits || text == "PATH") refuse(value, "the name of a variable (letters, digits, _) other than PATH");
    return text;
}

std::string passed_of(const Value& value, const std::string& text) {
    std::string name = variable_of(value, text);
    const std::string why = why_not_passed(name);
    if (!why.empty())
        refuse(value, fmt::format("no {}, as {} is by its name; who means it writes it under env.set", why, name));
    return name;
}

std::map<std::string, std::string> variables_of(const Value& value) {
    const toml::table* table = value.node.as_table();
    if (table == nullptr) refuse(value, "a table of variables: { NAME = \"value\" }");
    std::map<std::string, std::string> variables;
    for (const auto& [key, node] : *table) {
        const Value entry{node, value.source, value.name + "." + printable(key.str())};
        const std::string name = variable_of(entry, std::string(key.str()));
        const auto text = node.value_exact<std::string>();
        if (!text || text->find('\0') != text->npos) refuse(entry, "a text without zero bytes");
        variables[name] = *text;
    }
    return variables;
}

// What a shell or a wrapper runs cannot be told from its words, so no rule may pretend to.
Texts words_of(const Value& value) {
    Texts words = texts_of(value, "a word", [](const Value&, const std::string& text) { return text; });
    if (words.empty()) refuse(value, "the first words of a command");
    if (words[0].find('/') != std::string::npos && words[0].front() != '/')
        refuse(value, "a command by its bare name or its absolute path");
    if (words.size() > 1 && runs_others(words[0]))
        refuse(value, printable(words[0]) + " alone: no rule looks into what it runs");
    return words;
}

template <typename Target>
struct Key {
    const char* name;
    void (*read)(Target&, const Value&);
};

constexpr Key<FsRules> fs_keys[] = {
    {"workspace", [](FsRules& fs, const Value& value) { fs.workspace = choice_of(value, workspaces); }},
    {"read", [](FsRules& fs, const Value& value) { fs.read = paths_of(value, false); }},
    {"write", [](FsRules& fs, const Value& value) { fs.write = paths_of(value, true); }},
    {"hide", [](FsRules& fs, const Value& value) { fs.hide = patterns_of(value); }},
    {"protect", [](FsRules& fs, const Value& value) { fs.protect = patterns_of(value); }},
    {"caches", [](FsRules& fs, const Value& value) { fs.caches = names_of(value, cache_names()); }},
};

constexpr Key<NetworkRules> net_keys[] = {
    {"mode", [](NetworkRules& net, const Value& value) { net.mode = choice_of(value, modes); }},
    {"allow", [](NetworkRules& net, const Value& value) { net.allow = hosts_of(value); }},
    {"deny", [](NetworkRules& net, const Value& value) { net.deny = hosts_of(value); }},
};

// Of the file, beside those that a rule may change.
void read_net(NetworkRules& net, const Value& value) {
    constexpr std::size_t shared = std::size(net_keys);
    std::array<Key<NetworkRules>, shared + 1> keys{};
    std::copy_n(net_keys, shared, keys.begin());
    keys[shared] = {"dangerously_allow_private",
                    [](NetworkRules& rules, const Value& flag) { rules.dangerously_allow_private = flag_of(flag); }};
    read_table(net, value, keys);
}

constexpr Key<EnvRules> env_keys[] = {
    {"pass",
     [](EnvRules& env, const Value& value) { env.pass = texts_of(value, "the name of a variable", passed_of); }},
    {"set", [](EnvRules& env, const Value& value) { env.set = variables_of(value); }},
};

struct LimitKey {
    const char* name;
    const LimitField* field;
    void read(LimitRules& rules, const Value& value) const {
        rules.*field->value = number_of(value, field->low, field->high);
    }
};

void read_limits(LimitRules& rules, const Value& value) {
    std::vector<LimitKey> keys;
    for (const auto& field : limit_fields()) keys.push_back({field.key, &field});
    read_table(rules, value, keys);
}

constexpr Key<CommandRule> rule_keys[] = {
    {"match", [](CommandRule& rule, const Value& value) { rule.match = words_of(value); }},
    {"ask", [](CommandRule& rule, const Value& value) { rule.ask = flag_of(value); }},
    {"fs", [](CommandRule& rule, const Value& value) { read_table(rule.changes.fs, value, fs_keys); }},
    {"net", [](CommandRule& rule, const Value& value) { read_table(rule.changes.net, value, net_keys); }},
    {"limits", [](CommandRule& rule, const Value& value) { read_limits(rule.changes.limits, value); }},
    {"env", [](CommandRule& rule, const Value& value) { read_table(rule.changes.env, value, env_keys); }},
};

void read_rules(PolicyFile& policy, const Value& value) {
    const toml::array* rules = value.node.as_array();
    if (rules == nullptr || rules->size() > rules_max)
        refuse(value, fmt::format("at most {} tables, each under [[rule]]", rules_max));
    for (const toml::node& node : *rules) {
        CommandRule rule;
        const Value entry{node, value.source, value.name};
        read_table(rule, entry, rule_keys);
        if (rule.match.empty()) refuse(entry, "given a match: the first words of a command");
        policy.rules.push_back(std::move(rule));
    }
}

constexpr Key<PolicyFile> file_keys[] = {
    {"version", [](PolicyFile&, const Value& value) { number_of(value, 1, 1); }},
    {"tier", [](PolicyFile& policy, const Value& value) { policy.tier = choice_of(value, tiers); }},
    {"require",
     [](PolicyFile& policy, const Value& value) {
         for (auto& name : names_of(value, require_names())) policy.require.insert(std::move(name));
     }},
    {"fs", [](PolicyFile& policy, const Value& value) { read_table(policy.permissions.fs, value, fs_keys); }},
    {"net", [](PolicyFile& policy, const Value& value) { read_net(policy.permissions.net, value); }},
    {"limits", [](PolicyFile& policy, const Value& value) { read_limits(policy.permissions.limits, value); }},
    {"env", [](PolicyFile& policy, const Value& value) { read_table(policy.permissions.env, value, env_keys); }},
    {"rule", read_rules},
};

// Lists of hosts are the proxy's: with the network off or open they would promise what nobody holds to.
void demand_lists_have_effect(const PolicyFile& policy, const Value& file) {
    const auto& net = policy.permissions.net;
    if (*net.mode == Mode::host && !(net.allow->empty() && net.deny->empty()))
        refuse(file, "clear about net: allow and deny have no effect with net.mode = \"host\"; use \"proxy\"");
    if (net.dangerously_allow_private && *net.mode != Mode::proxy)
        refuse(file, "clear about net: dangerously_allow_private is about the proxy, and net.mode is not \"proxy\"");
    for (const auto& rule : policy.rules) {
        const auto& changes = rule.changes.net;
        if ((changes.allow || changes.deny) && changes.mode.value_or(*net.mode) != Mode::proxy)
            refuse(file, fmt::format("clear about net: the rule for {} lists hosts, which have no effect unless "
                                     "net.mode is \"proxy\" there",
                                     printable(fmt::format("{}", fmt::join(rule.match, " ")))));
    }
}

}  // namespace

PolicyFile parse_policy(std::string_view text, const PolicySource& source) {
    if (const auto stray = find_stray_letter(text)) {
        const toml::source_position at = {static_cast<toml::source_index>(stray->line),
                                          static_cast<toml::source_index>(stray->column)};
        refuse(source, {at, at, nullptr}, stray_letter_words);
    }
    toml::table table;
    try {
        table = toml::parse(text, source.file.native());
    } catch (const toml::parse_error& wrong) {
        refuse(source, wrong.source(), printable(wrong.description()));
    } catch (const std::bad_exception&) {  // an assertion of the parser; see CMakeLists.txt
        throw Error(fmt::format("use the policy {}: it is no TOML", printable(source.file.native())));
    }
    const Value file{table, source, ""};
    if (!table.contains("version"))
        throw Error(fmt::format("use the policy {}: it has no version; write \"version = 1\" as its first line",
                                printable(source.file.native())));
    PolicyFile policy;
    read_table(policy, file, file_keys);
    demand_lists_have_effect(policy, {table, source, "the policy"});
    return policy;
}

}  // namespace heddle::sandbox
