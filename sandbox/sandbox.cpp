// sandbox/sandbox.cpp: Starts the launcher, opens a guest a command or takes the one that is ready, and sessions.
#include "sandbox/sandbox.h"

#include <sys/stat.h>

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sandbox/guest_opening.h"
#include "sandbox/launch.h"
#include "sandbox/lent_folder.h"
#include "sandbox/supervisor.h"

namespace fs = std::filesystem;

namespace heddle::sandbox {

namespace {

// Two policies are one if they say the same of the same folder.
std::string key_of(const CheckedPolicy& checked) {
    struct stat folder {};
    ::fstat(checked.workspace.get(), &folder);
    return encode(checked.opening()) + std::to_string(folder.st_dev) + ":" + std::to_string(folder.st_ino);
}

struct Spare {
    std::string key;
    CheckedPolicy checked;
    std::optional<GuestLink> guest;  // none from when it is taken until its command has ended
};

}  // namespace

struct Sandbox::State {
    Launch launch;
    std::mutex mutex;
    std::optional<Spare> spare = {};

    std::optional<GuestKind> kind = {};  // once it is known

    int socket() const { return launch.socket.get(); }
    CheckedPolicy checked(const Policy& policy);
    // The spare, if there is one of this policy that has not ended.
    std::optional<GuestLink> take_spare(const CheckedPolicy& checked);
    // Asks for another one where one was taken: now, for beside a command its making would slow down both.
    void renew_spare();
};

// The kind of guests is asked once; but where there are none, what comes a moment later may be had.
CheckedPolicy Sandbox::State::checked(const Policy& policy) {
    std::unique_lock lock(mutex);
    if (!kind || !kind->tier) kind = ask_kind(socket());
    const GuestKind known = *kind;
    lock.unlock();
    return {policy, known, socket()};
}

std::optional<GuestLink> Sandbox::State::take_spare(const CheckedPolicy& checked) {
    const std::lock_guard lock(mutex);
    if (!spare || !spare->guest || spare->key != key_of(checked)) return std::nullopt;
    std::optional<GuestLink> taken = std::exchange(spare->guest, std::nullopt);
    while (taken->has_note()) taken->take_note();
    if (taken->failed || taken->ended) return std::nullopt;
    return taken;
}

void Sandbox::State::renew_spare() {
    const std::lock_guard lock(mutex);
    if (!spare || spare->guest) return;
    try {
        spare->guest = open_guest(socket(), spare->checked, GuestLife::ends_with_command);
    } catch (const Error&) {
        spare.reset();  // the next command opens a guest of its own, and is told why it cannot
    }
}

Sandbox Sandbox::start(const fs::path& launcher) {
    return Sandbox(std::unique_ptr<State>(new State{launch(launcher), {}}));
}

Result Sandbox::run(const Command& command, const Policy& policy, std::stop_token stop, const Sink& sink) {
    check(command);
    // The proxy has to be there before the command is.
    if (policy.network == NetworkMode::proxy) {
        Session session = open(policy);
        Result result = session.run(command, std::move(stop), sink);
        result.remarks = session.remarks();
        return result;
    }
    const CheckedPolicy checked = state_->checked(policy);
    std::optional<GuestLink> guest = state_->take_spare(checked);
    if (!guest) guest = open_guest(state_->socket(), checked, GuestLife::ends_with_command);
    // The order waits in the socket until the guest is ready for it.
    Result result = supervise(*guest, GuestLife::ends_with_command, order_command(*guest, command, true), policy.limits,
                              std::move(stop), sink);
    state_->renew_spare();
    result.remarks = checked.remarks;
    add_violations(checked, result);
    return result;
}

void Sandbox::keep_ready(const Policy& policy) {
    if (policy.tier < Tier::a) return;                 // it may work on a copy of the workspace, and a copy grows old
    if (policy.network == NetworkMode::proxy) return;  // run() opens a session for it, with the proxy
    CheckedPolicy checked = state_->checked(policy);
    if (checked.copy) return;  // it would be of now, not of when the command comes
    std::string key = key_of(checked);
    const std::lock_guard lock(state_->mutex);
    GuestLink guest = open_guest(state_->socket(), checked, GuestLife::ends_with_command);
    state_->spare.emplace(Spare{std::move(key), std::move(checked), std::move(guest)});
}

Session Sandbox::open(const Policy& policy) {
    auto checked = std::make_unique<CheckedPolicy>(state_->checked(policy));
    auto guest = std::make_unique<GuestLink>(open_guest(state_->socket(), *checked, GuestLife::goes_on));
    guest->await_view();
    return {std::move(guest), std::move(checked)};
}

// Another guest works on the same copy; an overlay's layers are of the namespaces of one guest, and copied for the
// next.
void Sandbox::reopen(Session& session) {
    session.end();
    auto guest = std::make_unique<GuestLink>(
        open_guest(state_->socket(), *session.checked_, GuestLife::goes_on, session.guest_->changes));
    guest->await_view();
    session.begin(std::move(guest));
}

Sandbox::Sandbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;
Sandbox::~Sandbox() = default;

}  // namespace heddle::sandbox
