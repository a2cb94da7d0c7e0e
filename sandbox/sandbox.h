// sandbox/sandbox.h: The face of the sandbox: a launcher started early, and run().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/outcome.h"
#include "sandbox/policy.h"

namespace heddle::sandbox {

// A small process that does every clone and mount. Start it before the weights are loaded and before threads exist:
// a fork of a process with gigabytes costs tens of milliseconds. If this process dies, the launcher and all guests die.
class Sandbox {
 public:
    // Starts the launcher program (beside the running executable unless named). Throws Error.
    static Sandbox start(const std::filesystem::path& launcher = {});

    enum class Stream { out, err };
    using Sink = std::function<void(Stream, std::string_view)>;  // called with each chunk that is kept, from run()

    // Runs one command to its end: setup, deadline, drain, kill of the whole tree. Blocks; safe to call from several
    // threads. A guest that fails is a Result; a missing layer is Kind::setup_failed and the command did not run.
    // Throws Error for a broken launcher or a policy that cannot be meant (no such workspace).
    Result run(const Command& command, const Policy& policy, std::stop_token stop = {}, const Sink& sink = {});

    Sandbox(Sandbox&&) noexcept;
    Sandbox& operator=(Sandbox&&) noexcept;
    ~Sandbox();

 private:
    struct State;
    explicit Sandbox(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle::sandbox
