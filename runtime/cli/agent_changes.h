// runtime/cli/agent_changes.h: What becomes of what an agent's tools wrote, where the policy keeps it apart.
#pragma once

#include <optional>

#include "runtime/cli/sandbox_changes.h"
#include "runtime/workshop.h"

namespace heddle {

class AgentChanges {
 public:
    // To be made before the workshop. Throws sandbox::Error where changes of an earlier run wait in this folder.
    explicit AgentChanges(const WorkshopOptions& options);

    // With the workshop's session at its end: takes all into the folder if it `ended_well`, else keeps it for a person
    // to decide; says so on standard error. False if it was to come into the folder and did not. Throws sandbox::Error.
    bool finish(sandbox::Session* session, bool ended_well);

 private:
    std::optional<CopiedWorkspace> copied_;
};

}  // namespace heddle
