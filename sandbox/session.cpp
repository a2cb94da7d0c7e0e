// sandbox/session.cpp: Orders to a guest that is there.
#include "sandbox/session.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/error.h"
#include "sandbox/guest_opening.h"
#include "sandbox/memory_watch.h"
#include "sandbox/net/egress_proxy.h"
#include "sandbox/net/environment.h"
#include "sandbox/supervisor.h"
#include "sandbox/usage_watch.h"

namespace heddle::sandbox {

namespace {

// Adds what the guest asked of the network since `from` and did not get, each once.
void add_refused(std::vector<std::string>& lines, const EgressProxy& proxy,
                 std::chrono::system_clock::time_point from) {
    for (const NetEvent& event : proxy.events()) {
        if (event.allowed || event.time < from) continue;
        std::string line = describe(event);
        if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
    }
}

}  // namespace

Session::Session(std::unique_ptr<GuestLink> guest, std::unique_ptr<CheckedPolicy> checked)
    : checked_(std::move(checked)) {
    begin(std::move(guest));
}

void Session::begin(std::unique_ptr<GuestLink> guest) {
    const Policy& policy = checked_->policy;
    if (policy.network == NetworkMode::proxy) {
        std::vector<Fd>& sockets = guest->listeners;
        if (sockets.size() != 4) throw Error("open a sandbox: its network has no sockets for the proxy");
        proxy_ = std::make_unique<EgressProxy>(
            ProxyListeners{std::move(sockets[0]), std::move(sockets[1]), std::move(sockets[3]), std::move(sockets[2])},
            policy.net, NetEventSink());
    }
    watch_.reset();  // of the one before
    guest_ = std::move(guest);
    watch_ = std::make_unique<MemoryWatch>(*guest_, policy.limits);
    snapshots_ = 0;  // they were of the one before
}

Command Session::with_proxy(const Command& command) const {
    Command result = command;
    if (proxy_) result.environment.merge(proxy_environment());
    return result;
}

Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept {
    if (this != &other) {
        if (guest_) end();
        guest_ = std::move(other.guest_);
        checked_ = std::move(other.checked_);
        proxy_ = std::move(other.proxy_);
        changes_ = other.changes_;
        watch_ = std::move(other.watch_);
        snapshots_ = other.snapshots_;
    }
    return *this;
}
Session::~Session() {
    try {
        if (guest_) end();
    } catch (const std::exception&) {
        // The launcher has gone, and its guests with it.
    }
}

bool Session::is_open() const {
    pollfd first{guest_->pidfd.get(), POLLIN, 0};
    return guest_->control && ::poll(&first, 1, 0) == 0;
}

const Fd& Session::workspace() const {
    return guest_->workspace;
}

const Fd& Session::changes() const {
    return changes_ != nullptr ? *changes_ : guest_->changes;
}

const std::vector<std::string>& Session::remarks() const {
    return checked_->remarks;
}

std::vector<NetEvent> Session::network() const {
    return proxy_ ? proxy_->events() : std::vector<NetEvent>();
}

void Session::end() {
    watch_.reset();
    if (proxy_) proxy_->stop();
    guest_->close();
    guest_->control.reset();
}

void Session::close() {
    const bool has_own_copy = keeps_apart(checked_->policy.mode) && !guest_->changes;
    end();
    if (!has_own_copy || changes_ != nullptr) return;
    if (!guest_->ended)
        throw Error("take the changes of a guest: some of its processes cannot be ended; they are dropped");
    changes_ = &checked_->copy->changes();
    const auto& more = checked_->copy->remarks();
    checked_->remarks.insert(checked_->remarks.end(), more.begin(), more.end());
}

Result Session::run(const Command& command, std::stop_token stop, const OutputSink& sink,
                    std::optional<std::chrono::milliseconds> wall) {
    check(command);
    if (!is_open()) throw Error("run a command in a sandbox session: it has ended; open another");
    Limits limits = checked_->policy.limits;
    if (wall) limits.wall = *wall;
    const auto begun = std::chrono::system_clock::now();
    Result result = supervise(*guest_, GuestLife::goes_on, order_command(*guest_, with_proxy(command), false), limits,
                              std::move(stop), sink);
    watch_->begin();  // for what it has left running
    if (const auto limit = watch_->ended(); limit && result.outcome.kind == Outcome::Kind::signaled)
        result.outcome = {Outcome::Kind::out_of_memory, 0, *limit};  // it was there before the one that waited
    if (proxy_) add_refused(result.violations, *proxy_, begun);
    add_violations(*checked_, result);
    return result;
}

Usage Session::used(const Process& process) const {
    UsageWatch usage(*guest_, checked_->policy.limits);
    usage.watch_session(process.leader_);
    const bool lives = process.leader_ != 0 && !process.outcome_;
    return {{}, lives ? usage.cpu() : process.cpu_, std::max(watch_->peak_bytes(), usage.kept_peak_bytes())};
}

bool Session::is_past_memory() const {
    return watch_->ended() || UsageWatch(*guest_, checked_->policy.limits).kernel_killed();
}

void Session::add_findings(Process& process, std::chrono::system_clock::time_point begun, Result& result) const {
    if (is_past_memory())
        result.outcome = {Outcome::Kind::out_of_memory, 0, UsageWatch(*guest_, checked_->policy.limits).memory()};
    result.enforcement = guest_->enforcement;
    for (auto& line : process.take_violations()) result.violations.push_back(std::move(line));
    if (proxy_) add_refused(result.violations, *proxy_, begun);
    add_violations(*checked_, result);
}

Process Session::start(const Command& command) {
    check(command);
    if (!is_open()) throw Error("start a command in a sandbox session: it has ended; open another");
    watch_->begin();
    return start_process(*guest_, with_proxy(command));
}

}  // namespace heddle::sandbox
