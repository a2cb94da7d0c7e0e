// sandbox/session.h: One guest for several commands: they share its view, its limits and what they leave running.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/fd.h"
#include "sandbox/outcome.h"
#include "sandbox/output_sink.h"
#include "sandbox/policy.h"
#include "sandbox/process.h"

namespace heddle::sandbox {

class Sandbox;
class EgressProxy;
class MemoryWatch;
struct CheckedPolicy;
struct GuestLink;

// Safe to use from several threads. When it closes, everything that runs in it is killed.
class Session {
 public:
    // Runs one command to its end. Whatever it left running goes on; past `wall` (the policy's, unless given) it is
    // killed with its terminal session alone. Past the memory limit the whole session ends. Throws Error when it has.
    Result run(const Command& command, std::stop_token stop = {}, const OutputSink& sink = {},
               std::optional<std::chrono::milliseconds> wall = {});

    // Starts one and comes back. From then on the memory of all that runs is watched, too. Throws Error.
    Process start(const Command& command);

    bool is_open() const;  // false once its first process has ended
    // Lines for the user: where the guest is not quite what the policy says, as a copy of the workspace for its owners.
    const std::vector<std::string>& remarks() const;
    // The upper folder of a workspace that is copied on write, as sandbox/changes reads it; it stays as long as this is
    // held, also when nothing runs any more. None in the other modes.
    const Fd& changes() const;

    void close();  // returns when nothing of it runs any more

    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

 private:
    friend class Sandbox;
    Session(std::unique_ptr<GuestLink> guest, std::unique_ptr<CheckedPolicy> checked);
    Command with_proxy(const Command& command) const;

    std::unique_ptr<CheckedPolicy> checked_;  // outlives the guest
    std::unique_ptr<GuestLink> guest_;
    std::unique_ptr<MemoryWatch> watch_;  // once something runs that nobody waits for
    std::unique_ptr<EgressProxy> proxy_;  // where the policy wants one
};

}  // namespace heddle::sandbox
