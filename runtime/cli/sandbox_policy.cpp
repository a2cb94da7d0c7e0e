// runtime/cli/sandbox_policy.cpp: From the words of a policy to what the sandbox enforces.
#include "runtime/cli/sandbox_policy.h"

#include <cstdlib>

#include "runtime/config.h"
#include "sandbox/error.h"
#include "sandbox/policy_rules.h"

namespace fs = std::filesystem;

namespace heddle {

namespace {

using sandbox::FsRules;
using sandbox::NetRulesText;

// What a file may ask for and no guest can be given yet. To run without it would be to say less than the policy.
void demand_possible(const sandbox::PolicyFile& file) {
    const sandbox::Permissions& wanted = file.permissions;
    const auto refuse = [](const char* what) {
        throw sandbox::Error(std::string("use this policy: ") + what +
                             " cannot be enforced by this build; leave it out");
    };
    if (wanted.fs.workspace == FsRules::Workspace::copy) refuse("fs.workspace = \"copy\"");
    if (!wanted.fs.read->empty()) refuse("fs.read");
    if (!wanted.fs.hide->empty()) refuse("fs.hide");
    if (!wanted.fs.caches->empty()) refuse("fs.caches");
    for (const auto& path : *wanted.fs.write)
        if (path.front() == '/') refuse("fs.write beyond $WORKSPACE and $TMP");
}

sandbox::WorkspaceMode mode_of(const FsRules& rules) {
    switch (*rules.workspace) {
        case FsRules::Workspace::ro:
            return sandbox::WorkspaceMode::ro;
        case FsRules::Workspace::direct:
            return sandbox::WorkspaceMode::direct;
        case FsRules::Workspace::copy:
        case FsRules::Workspace::cow:
            break;
    }
    return sandbox::WorkspaceMode::cow;
}

sandbox::Limits limits_of(const sandbox::LimitRules& rules) {
    const auto bytes = [](const std::optional<std::int64_t>& units, unsigned shift) {
        return static_cast<std::uint64_t>(*units) << shift;
    };
    sandbox::Limits limits;
    limits.wall = std::chrono::seconds(*rules.wall_s);
    limits.cpu = std::chrono::seconds(*rules.cpu_s);
    limits.memory_bytes = bytes(rules.memory_mb, 20);
    limits.processes = static_cast<int>(*rules.tasks);
    limits.disk_bytes = bytes(rules.disk_mb, 20);
    limits.disk_files = static_cast<std::uint64_t>(*rules.inodes);
    limits.output_bytes = bytes(rules.output_kb, 10);
    limits.open_files = static_cast<int>(*rules.files);
    return limits;
}

sandbox::NetworkMode network_of(NetRulesText::Mode mode) {
    switch (mode) {
        case NetRulesText::Mode::host:
            return sandbox::NetworkMode::host;
        case NetRulesText::Mode::proxy:
            return sandbox::NetworkMode::proxy;
        case NetRulesText::Mode::off:
            break;
    }
    return sandbox::NetworkMode::off;
}

sandbox::NetRule rule_of(const std::string& text) {
    std::string why;
    if (auto rule = sandbox::parse_net_rule(text, &why)) return *std::move(rule);
    throw sandbox::Error("use " + text + " as an allowed or denied host: " + why);
}

void apply_flags(const SandboxRunOptions& options, sandbox::Policy& policy) {
    if (options.mode) {
        policy.mode = *options.mode == "ro"    ? sandbox::WorkspaceMode::ro
                      : *options.mode == "cow" ? sandbox::WorkspaceMode::cow
                                               : sandbox::WorkspaceMode::direct;
    }
    if (options.network) {
        policy.network = *options.network == "host"    ? sandbox::NetworkMode::host
                         : *options.network == "proxy" ? sandbox::NetworkMode::proxy
                                                       : sandbox::NetworkMode::off;
    } else if (!options.allowed_hosts.empty()) {
        policy.network = sandbox::NetworkMode::proxy;
    }
    for (const auto& host : options.allowed_hosts) policy.net.allow.push_back(rule_of(host));
    if (options.seconds)
        policy.limits.wall = std::chrono::milliseconds(static_cast<std::int64_t>(*options.seconds * 1000));
    if (options.memory_mb) policy.limits.memory_bytes = *options.memory_mb << 20;
    if (options.disk_mb) policy.limits.disk_bytes = *options.disk_mb << 20;
    if (options.processes) policy.limits.processes = *options.processes;
    if (options.output_bytes) policy.limits.output_bytes = *options.output_bytes;
}

fs::path file_of(const fs::path& named) {
    return named.empty() ? find_paths().config_file.parent_path() / "policy.toml" : fs::absolute(named);
}

}  // namespace

sandbox::PolicyFile find_policy(const fs::path& named, const fs::path& workspace) {
    const char* home = std::getenv("HOME");
    return sandbox::load_policy(
        {.origin = named.empty() ? sandbox::PolicyOrigin::user_config : sandbox::PolicyOrigin::command_line,
         .file = file_of(named),
         .workspace = fs::absolute(workspace),
         .home = home == nullptr ? fs::path() : fs::path(home)});
}

RunPolicy run_policy(const SandboxRunOptions& options) {
    RunPolicy result;
    sandbox::Policy& policy = result.policy;
    policy.workspace = fs::absolute(options.workspace);
    std::error_code error;
    // Who has written no policy gets what the flags say, and writes to the folder he named.
    if (!options.policy_file.empty() || fs::exists(file_of({}), error)) {
        const sandbox::CommandPolicy found =
            sandbox::policy_for(find_policy(options.policy_file, options.workspace), options.command, false);
        demand_possible(found.policy);
        const sandbox::Permissions& said = found.policy.permissions;
        policy.mode = mode_of(said.fs);
        policy.network = network_of(*said.net.mode);
        for (const auto& host : *said.net.allow) policy.net.allow.push_back(rule_of(host));
        for (const auto& host : *said.net.deny) policy.net.deny.push_back(rule_of(host));
        policy.limits = limits_of(said.limits);
        policy.tier = found.policy.tier;
        policy.require = found.policy.require;
        for (const auto& name : *said.env.pass)
            if (const char* value = std::getenv(name.c_str())) result.environment[name] = value;
        for (const auto& [name, value] : *said.env.set) result.environment[name] = value;
        for (const auto& glob : *said.fs.protect)
            if (glob != "default") result.protect.push_back(glob);
        for (const auto& rule : found.matched)
            for (const auto& sentence : rule.widens) result.remarks.push_back("not approved, so not done: " + sentence);
    }
    apply_flags(options, policy);
    return result;
}

}  // namespace heddle
