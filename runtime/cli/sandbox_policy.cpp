// runtime/cli/sandbox_policy.cpp: From the words of a policy to what the sandbox enforces.
#include "runtime/cli/sandbox_policy.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "runtime/config.h"
#include "sandbox/error.h"
#include "sandbox/policy_path.h"
#include "sandbox/policy_rules.h"

namespace fs = std::filesystem;

namespace heddle {

namespace {

using sandbox::FsRules;
using sandbox::NetworkRules;

bool holds(const sandbox::Texts& texts, std::string_view text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// What a file may ask for and no guest can be given. To run without it would be to say less than the policy.
void demand_possible(const FsRules& rules) {
    const auto refuse = [](const std::string& why) { throw sandbox::Error("use this policy: " + why); };
    if (!holds(*rules.write, sandbox::place_tmp))
        refuse("fs.write leaves out $TMP, but every guest has a /tmp of its own; list $TMP");
    for (const auto& path : *rules.write)
        if (path.front() == '$' && path != sandbox::place_workspace && path != sandbox::place_tmp)
            refuse("fs.write lists a part, " + path + "; list all of $WORKSPACE or $TMP, or nothing of it");
}

sandbox::WorkspaceMode mode_of(const FsRules& rules) {
    if (!holds(*rules.write, sandbox::place_workspace)) return sandbox::WorkspaceMode::ro;
    switch (*rules.workspace) {
        case FsRules::Workspace::ro:
            return sandbox::WorkspaceMode::ro;
        case FsRules::Workspace::direct:
            return sandbox::WorkspaceMode::direct;
        case FsRules::Workspace::copy:
            return sandbox::WorkspaceMode::copy;
        case FsRules::Workspace::cow:
            break;
    }
    return sandbox::WorkspaceMode::cow;
}

// A folder a cache and workspace: what one project's guests leave there, no other's are given.
fs::path cache_folder(const std::string& name, const fs::path& workspace) {
    struct stat seen {};
    if (::stat(workspace.c_str(), &seen) != 0)
        throw sandbox::Error("look at the workspace " + workspace.native(), errno);
    return find_paths().store.parent_path() / "caches" / fmt::format("{:x}-{:x}", seen.st_dev, seen.st_ino) / name;
}

void make_caches(const sandbox::Policy& policy) {
    for (const auto& [name, folder] : policy.caches) {
        std::error_code error;
        fs::create_directories(folder, error);
        if (!error) fs::permissions(folder, fs::perms::owner_all, error);
        if (error) throw sandbox::Error("make the folder " + folder.native(), error.value());
    }
}

void apply_files(const FsRules& rules, sandbox::Policy& policy) {
    demand_possible(rules);
    policy.mode = mode_of(rules);
    policy.read.assign(rules.read->begin(), rules.read->end());
    for (const auto& path : *rules.write)
        if (path.front() == '/') policy.write.emplace_back(path);
    policy.hide = *rules.hide;
    policy.protect = *rules.protect;
    for (const auto& name : *rules.caches) policy.caches[name] = cache_folder(name, policy.workspace);
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

sandbox::NetworkMode network_of(NetworkRules::Mode mode) {
    switch (mode) {
        case NetworkRules::Mode::host:
            return sandbox::NetworkMode::host;
        case NetworkRules::Mode::proxy:
            return sandbox::NetworkMode::proxy;
        case NetworkRules::Mode::off:
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
        policy.mode = *options.mode == "ro"     ? sandbox::WorkspaceMode::ro
                      : *options.mode == "cow"  ? sandbox::WorkspaceMode::cow
                      : *options.mode == "copy" ? sandbox::WorkspaceMode::copy
                                                : sandbox::WorkspaceMode::direct;
    }
    if (options.no_sandbox) policy.tier = sandbox::Tier::d;
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

// Who has written no policy gets what the flags say, and writes to the folder he named.
sandbox::PolicyFile unwritten_policy() {
    sandbox::PolicyFile policy;
    policy.permissions.fs.workspace = FsRules::Workspace::direct;
    policy.permissions.fs.protect = sandbox::Texts{};
    return policy;
}

// `said` is what holds for one command, or for all; its rules are not looked at.
RunPolicy enforceable(const sandbox::PolicyFile& said, const SandboxRunOptions& options) {
    RunPolicy result;
    sandbox::Policy& policy = result.policy;
    policy.workspace = fs::absolute(options.workspace);
    const auto& [files, net, limits, env] = said.permissions;
    apply_files(files, policy);
    policy.network = network_of(*net.mode);
    policy.net.allow = *net.allow;
    policy.net.deny = *net.deny;
    policy.net.allow_private = net.dangerously_allow_private;
    policy.limits = limits_of(limits);
    policy.tier = said.tier;
    policy.require = said.require;
    for (const auto& name : *env.pass)
        if (const char* value = std::getenv(name.c_str())) result.environment[name] = value;
    for (const auto& [name, value] : *env.set) result.environment[name] = value;
    for (const auto& glob : *files.protect)
        if (glob != "default") result.protect.push_back(glob);
    apply_flags(options, policy);
    if (options.no_sandbox)
        result.remarks.push_back(fmt::format("--no-sandbox: nothing is enforced; commands may do all that {} may",
                                             ::geteuid() == 0 ? "root" : "you"));
    return result;
}

}  // namespace

sandbox::PolicyFile find_policy(const fs::path& named, const fs::path& workspace) {
    const fs::path file = file_of(named);
    std::error_code error;
    if (named.empty() && !fs::exists(file, error) && !error) return unwritten_policy();
    const char* home = std::getenv("HOME");
    return sandbox::load_policy(
        {.origin = named.empty() ? sandbox::PolicyOrigin::user_config : sandbox::PolicyOrigin::command_line,
         .file = file,
         .workspace = fs::absolute(workspace),
         .home = home == nullptr ? fs::path() : fs::path(home)});
}

RunPolicy run_policy(const SandboxRunOptions& options) {
    const auto found = sandbox::policy_for(find_policy(options.policy_file, options.workspace), options.command, false);
    RunPolicy result = enforceable(found.policy, options);
    make_caches(result.policy);
    for (const auto& rule : found.matched)
        for (const auto& sentence : rule.widens) result.remarks.push_back("not approved, so not done: " + sentence);
    return result;
}

RunPolicy policy_to_explain(const sandbox::PolicyFile& file, const SandboxRunOptions& options) {
    return enforceable(sandbox::policy_for(file, options.command, false).policy, options);
}

AgentPolicy agent_policy(const SandboxRunOptions& options, tools::Ask ask) {
    const sandbox::PolicyFile said = find_policy(options.policy_file, options.workspace);
    AgentPolicy result{enforceable(said, options), {}};
    make_caches(result.all.policy);
    if (said.rules.empty()) return result;
    const auto compile = [options](const sandbox::PolicyFile& holds) -> tools::CommandGate::Means {
        RunPolicy made = enforceable(holds, options);
        make_caches(made.policy);
        return {std::move(made.policy), std::move(made.environment)};
    };
    result.gate = std::make_shared<tools::CommandGate>(said, compile, std::move(ask));
    return result;
}

}  // namespace heddle
