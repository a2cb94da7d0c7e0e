// runtime/workshop.cpp: From what is settled to a dispatcher whose tools run.
#include "runtime/workshop.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "runtime/error.h"
#include "tools/tool_set.h"

namespace heddle {

namespace fs = std::filesystem;

namespace {

fs::path existing_folder(const fs::path& folder) {
    std::error_code error;
    const auto whole = fs::canonical(folder, error);
    if (error)
        throw Error(fmt::format("cannot work in {}: {}; name a folder with --cd", folder.string(), error.message()));
    if (!fs::is_directory(whole)) throw Error(fmt::format("cannot work in {}: it is not a folder", folder.string()));
    return whole;
}

// A run of the smallest command: if a layer is missing here, the first call would be the wrong time to learn it.
sandbox::Tier checked_tier(sandbox::Sandbox& sandbox, sandbox::Policy policy) {
    const bool has_session = sandbox::keeps_apart(policy.mode);
    if (has_session) policy.mode = sandbox::WorkspaceMode::ro;
    const auto result = sandbox.run({{"true"}, "", {}, false}, policy);
    if (!result.enforcement) {
        throw Error(fmt::format("the sandbox cannot run here, so nothing runs: {}", result.outcome.detail));
    }
    if (has_session) return result.enforcement->tier;  // which makes remarks of its own
    for (const auto& line : result.remarks) fmt::print(stderr, "heddle: {}\n", line);
    return result.enforcement->tier;
}

// Guests see the folder of long outputs, but for those without a view of their own that are another user than its
// owner: from there read_file reads it alone.
sandbox::Policy policy_of(const WorkshopOptions& options, sandbox::Sandbox& sandbox,
                          const tools::OutputFolder& outputs) {
    sandbox::Policy policy = options.policy;
    policy.workspace = existing_folder(options.workspace);
    const sandbox::Tier tier = checked_tier(sandbox, policy);
    if (tier != sandbox::Tier::c || ::geteuid() != 0) policy.read.push_back(outputs.path());
    return policy;
}

// What is in this process's environment, what commands are given, and what a search service is.
std::map<std::string, std::string> secret_candidates(const WorkshopOptions& options) {
    auto variables = tools::process_environment();
    for (const auto& [name, value] : options.environment) variables.emplace(name, value);
    variables.emplace("HEDDLE_SEARCH_KEY", options.web.key);
    return variables;
}

}  // namespace

Workshop::Workshop(const WorkshopOptions& options, tools::web::TokenCount tokens)
    : outputs_(std::make_shared<const tools::OutputFolder>(options.outputs)),
      sandbox_(sandbox::Sandbox::start()),
      policy_(policy_of(options, sandbox_, *outputs_)),
      bench_(sandbox_, policy_, outputs_),
      dispatcher_({bench_, options.environment, options.gate,
                   set_up_web(options.web, options.documents, sandbox_, policy_, std::move(tokens))},
                  tools::Approvals(options.rules, options.ask), tools::Secrets(secret_candidates(options))) {
    tools::add_tools(dispatcher_, options.tools);
}

}  // namespace heddle
