// runtime/cli/sandbox_explain.cpp: The policy in words, what its lists meet now, and what a guest of it would be.
#include "runtime/cli/sandbox_explain.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "runtime/cli/commands.h"
#include "runtime/cli/sandbox_policy.h"
#include "runtime/cli/standard_output.h"
#include "sandbox/error.h"
#include "sandbox/policy_now.h"
#include "sandbox/policy_text.h"
#include "sandbox/printable.h"
#include "sandbox/sandbox.h"

namespace heddle {

namespace {

using Json = nlohmann::ordered_json;
using Texts = std::vector<std::string>;

constexpr std::size_t paths_max = 5;  // that are named; the others are counted

std::string several(const Texts& paths) {
    if (paths.empty()) return "nothing";
    std::string line = fmt::format("{} path{}: ", paths.size(), paths.size() == 1 ? "" : "s");
    for (std::size_t at = 0; at < std::min(paths.size(), paths_max); ++at)
        line += (at == 0 ? "" : ", ") + sandbox::printable(paths[at]);
    if (paths.size() > paths_max) line += fmt::format(" and {} more", paths.size() - paths_max);
    return line;
}

std::string line_of(const sandbox::MetNow& met) {
    return met.error.empty() ? several(met.paths) : "a guest would be refused: " + met.error;
}

Json json_of(const sandbox::MetNow& met) {
    Json json = {{"count", met.paths.size()},
                 {"first", Texts(met.paths.begin(), met.paths.begin() + static_cast<std::ptrdiff_t>(
                                                                            std::min(met.paths.size(), paths_max)))}};
    if (!met.error.empty()) json["error"] = met.error;
    return json;
}

// Caches are made for the first guest that has them.
Texts take_missing_caches(sandbox::Policy& policy) {
    Texts missing;
    std::erase_if(policy.caches, [&](const auto& cache) {
        std::error_code error;
        if (std::filesystem::is_directory(cache.second, error)) return false;
        missing.push_back(cache.second.native());
        return true;
    });
    return missing;
}

// By making one, which runs nothing but `true`. With changes kept apart in memory, also where the policy would copy.
sandbox::Result guest_of(sandbox::Policy policy) {
    if (policy.mode == sandbox::WorkspaceMode::copy) policy.mode = sandbox::WorkspaceMode::cow;
    sandbox::Command command;
    command.argv = {"true"};
    return sandbox::Sandbox::start().run(command, policy);
}

std::string guest_line(const sandbox::Result& guest, const sandbox::Policy& policy) {
    if (!guest.enforcement) return "none would run: " + guest.outcome.detail;
    std::string line = fmt::format("tier {}", sandbox::name_of(guest.enforcement->tier));
    std::string required;
    for (const auto& word : policy.require) required += (required.empty() ? "" : ", ") + word;
    return line + (required.empty() ? "; nothing is required" : "; what is required is held: " + required);
}

}  // namespace

int explain_policy(const SandboxRunOptions& options) {
    const sandbox::PolicyFile file = find_policy(options.policy_file, options.workspace);
    RunPolicy wanted = policy_to_explain(file, options);
    const Texts missing = take_missing_caches(wanted.policy);
    const sandbox::PolicyNow now = sandbox::look_at_policy(wanted.policy);
    sandbox::Result guest;
    try {
        guest = guest_of(wanted.policy);
    } catch (const sandbox::Error& error) {
        guest.outcome.detail = error.what();
    }
    if (options.json) {
        Json json = sandbox::explain_json(file, options.command);
        json["now"] = {{"hide", json_of(now.hidden)},
                       {"hide_unmatched", now.unmatched},
                       {"protect", json_of(now.protected_paths)},
                       {"shared", json_of(now.shared)},
                       {"caches_to_make", missing},
                       {"enforcement", guest.enforcement ? enforcement_json(*guest.enforcement) : Json()},
                       {"refusal", guest.enforcement ? "" : guest.outcome.detail}};
        print_answer(json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n");  // ASCII: a command is any bytes
        return exit_done;
    }
    std::string text = sandbox::explain(file, options.command);
    const auto line = [&](const std::string& name, const std::string& what) {
        text += fmt::format("{}: {}\n", name, what);
    };
    line("now hidden", line_of(now.hidden));
    for (const auto& pattern : now.unmatched) line("now hidden, by " + sandbox::printable(pattern), "nothing");
    line("now protected", line_of(now.protected_paths));
    line("now shared by read, write and caches", line_of(now.shared));
    if (!missing.empty()) line("caches to be made", several(missing));
    line("sandbox here", guest_line(guest, wanted.policy));
    print_answer(text);
    return exit_done;
}

}  // namespace heddle
