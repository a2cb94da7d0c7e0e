// tools/workbench.h: Where the commands of a conversation run: all on one state of the workspace.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>

#include "sandbox/sandbox.h"

namespace heddle::tools {

// Each command in a guest of its own where what it writes is written. Where changes are kept apart, all in one session,
// so that each sees what those before it wrote; past its memory that session ends, and the next command goes on in
// another with the same files. One thread at a time.
class Workbench {
 public:
    // Opens the session, if there is to be one; the sandbox outlives this. Throws sandbox::Error.
    Workbench(sandbox::Sandbox& sandbox, sandbox::Policy policy);

    const sandbox::Policy& policy() const { return policy_; }
    // `own`: the policy of this command alone, but for its workspace; of one in a session only the limit of time
    // counts. Throws sandbox::Error.
    sandbox::Result run(const sandbox::Command& command, std::stop_token stop, const sandbox::Policy* own = nullptr);

    // The workspace as commands see it, to be read through. Throws sandbox::Error.
    const sandbox::Fd& folder();

    // Ends all that runs; the session with its changes, or nullptr where nothing is kept apart. To be called once, at
    // the end. Throws sandbox::Error.
    sandbox::Session* end();

 private:
    void revive();

    sandbox::Sandbox& sandbox_;
    sandbox::Policy policy_;
    std::optional<sandbox::Session> session_;
    sandbox::Fd own_folder_;  // where there is no session
    bool is_lost_ = false;    // the session's guest, or it is about to be
};

}  // namespace heddle::tools
