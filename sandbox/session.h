// sandbox/session.h: One guest for several commands: they share its view, its limits and what they leave running.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sandbox/changes/diff.h"
#include "sandbox/fd.h"
#include "sandbox/net/event.h"
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
    // killed with its terminal session alone. Past the memory limit the whole session ends, also by what goes on when
    // nobody waits. Throws Error when it has.
    Result run(const Command& command, std::stop_token stop = {}, const OutputSink& sink = {},
               std::optional<std::chrono::milliseconds> wall = {});

    // Starts one and comes back. Throws Error.
    Process start(const Command& command);

    // What one that was started has used until now, with all that runs in its terminal session; its peak of memory is
    // that of the whole guest.
    Usage used(const Process& process) const;
    // Adds to what came of a part of its work, since `begun`, what run() adds to a result: what held it, and what it
    // was kept from. Of a guest that is past its memory that is the outcome.
    void add_findings(Process& process, std::chrono::system_clock::time_point begun, Result& result) const;

    bool is_open() const;         // false once its first process has ended
    bool is_past_memory() const;  // then it has ended, or is about to
    // Lines for the user: where the guest is not quite what the policy says, as a copy of the workspace for its owners,
    // and what the policy hides that is not there; after close() also on what is not among its changes.
    const std::vector<std::string>& remarks() const;
    // What it asked of the network through the proxy: the last ones, the oldest first; after close() also what was
    // going on until then.
    std::vector<NetEvent> network() const;
    // The workspace as the guest sees it, where its changes are kept apart; to be read through. None in other modes.
    const Fd& workspace() const;
    // What a guest wrote where its changes are kept apart: an upper folder, as sandbox/changes reads it. It stays as
    // long as this, also when nothing runs any more. Of a private copy that the guest works on itself (below tier A)
    // there is none before close(). None in the other modes.
    const Fd& changes() const;

    // The next three are about a workspace whose changes are kept apart, and throw Error where there is none.

    // What the guest has changed in it, against the host's folder as it is now; below tier A only after close().
    std::vector<changes::Change> diff(const changes::DiffOptions& options = {}) const;

    // Keeps the changes as they are, and returns the number by which rollback() knows them, from 1 on. What runs in the
    // guest is held still meanwhile. It takes its space from the workspace's disk limit until the session closes.
    // Throws Error, also where that does not do, and below tier A.
    int snapshot();

    // Makes the workspace again what the snapshot holds, or, without one, the host's folder as it is now; /tmp and the
    // home folder stay. What commands have left running is ended. Throws Error where a command runs that somebody waits
    // for (nothing is changed then, as where there is no space for the snapshot), and below tier A; if it fails later,
    // the session has ended, and says so. Nobody may use workspace() and changes() meanwhile, which are others
    // afterwards.
    void rollback(std::optional<int> snapshot = {});

    // Returns when nothing of it runs any more, with the changes gathered. Throws Error.
    void close();

    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

 private:
    friend class Sandbox;
    Session(std::unique_ptr<GuestLink> guest, std::unique_ptr<CheckedPolicy> checked);
    void begin(std::unique_ptr<GuestLink> guest);
    void end();  // as close(), but nothing is gathered
    Command with_proxy(const Command& command) const;
    void demand_changes(const char* doing) const;
    void demand_overlay(const char* doing) const;  // of a guest that runs

    std::unique_ptr<CheckedPolicy> checked_;  // outlives the guest
    std::unique_ptr<GuestLink> guest_;
    std::unique_ptr<MemoryWatch> watch_;
    std::unique_ptr<EgressProxy> proxy_;  // where the policy wants one
    const Fd* changes_ = nullptr;         // of a private copy, once they are gathered
    int snapshots_ = 0;                   // made so far
};

}  // namespace heddle::sandbox
