// runtime/cli/agent_changes.cpp: The same commit as that of `heddle sandbox run --commit`.
#include "runtime/cli/agent_changes.h"

#include <fmt/core.h>

#include <cstdio>

namespace heddle {

AgentChanges::AgentChanges(const WorkshopOptions& options) {
    if (!sandbox::keeps_apart(options.policy.mode)) return;
    copied_.emplace(options.workspace, options.protect);
    copied_->settle();
}

bool AgentChanges::finish(sandbox::Session* session, bool ended_well) {
    if (!copied_ || session == nullptr) return true;
    for (const auto& line : session->remarks()) fmt::print(stderr, "heddle: {}\n", line);
    const CopiedWorkspace::End end = copied_->finish(session->changes(), ended_well);
    fmt::print(stderr, "{}", end.text);
    return !end.has_conflict;
}

}  // namespace heddle
