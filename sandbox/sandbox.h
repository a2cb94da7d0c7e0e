// sandbox/sandbox.h: The face of the sandbox: a launcher started early, single commands, and sessions of many.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>

#include "sandbox/error.h"
#include "sandbox/outcome.h"
#include "sandbox/output_sink.h"
#include "sandbox/policy.h"
#include "sandbox/session.h"

namespace heddle::sandbox {

// A small process that does every clone and mount. Start it before the weights are loaded and before threads exist:
// a fork of a process with gigabytes costs tens of milliseconds. If this process dies, the launcher and all guests die.
class Sandbox {
 public:
    // Starts the launcher program (beside the running executable unless named). Throws Error.
    static Sandbox start(const std::filesystem::path& launcher = {});

    using Stream = OutputStream;
    using Sink = OutputSink;

    // Runs one command to its end, in a guest of its own: setup, deadline, drain, kill of the whole tree. Blocks; safe
    // to call from several threads. A guest that fails is a Result; a missing layer is Kind::setup_failed and the
    // command did not run. What it wrote to a workspace that is copied on write is gone with it. When this returns,
    // nothing that it had started runs; what the kernel held of its guest goes meanwhile, at the latest with this.
    // Throws Error for a broken launcher or a policy that cannot be meant (no such workspace).
    Result run(const Command& command, const Policy& policy, std::stop_token stop = {}, const Sink& sink = {});

    // From now on keeps one guest ready for run() with this policy, which then starts in the time of a fork; not
    // where the policy would take a weaker tier, whose guests copy the workspace as it is when they start, nor with a
    // proxy.
    void keep_ready(const Policy& policy);

    // A guest for several commands. Throws Error, also when a layer is missing.
    Session open(const Policy& policy);

    // A new guest for a session whose guest has ended, as past its memory: with the workspace as that one had left it
    // where changes are kept apart, and else as it is. What still runs in it is killed. Throws Error; the session can
    // then still tell its changes. Not after Session::close().
    void reopen(Session& session);

    Sandbox(Sandbox&&) noexcept;
    Sandbox& operator=(Sandbox&&) noexcept;
    ~Sandbox();

 private:
    struct State;
    explicit Sandbox(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle::sandbox
