// tests/bench/sandbox_bench.cpp: What a guest costs, as a ratio to fork and exec of the same program in the same run.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "sandbox/sandbox.h"
#include "tests/bench/bubblewrap_peer.h"
#include "tests/bench/large_workspace.h"
#include "tests/bench/sandbox_peers.h"
#include "tests/bench/series.h"

namespace fs = std::filesystem;
using namespace heddle::sandbox;
using namespace heddle::bench;

namespace {

constexpr int rounds = 200;
constexpr std::size_t held_bytes = 4ull << 30;  // what a model's weights are at least
const std::string program = "/usr/bin/true";

class Place {
 public:
    Place() : path_(fs::temp_directory_path() / ("heddle-sandbox-bench-" + std::to_string(::getpid()))) {
        fs::create_directories(path_ / "empty");
    }
    Place(const Place&) = delete;
    ~Place() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    fs::path operator/(const char* name) const { return path_ / name; }

 private:
    fs::path path_;
};

void expect_success(const Result& result) {
    if (result.outcome.exit_status() != 0) throw Error(describe(result.outcome));
}

Command payload() {
    Command command;
    command.argv = {program};
    return command;
}

Policy policy_of(const Place& place, WorkspaceMode mode) {
    Policy policy;
    policy.workspace = place / "empty";
    policy.mode = mode;
    return policy;
}

void report(const char* what, const Series& times, double base) {
    fmt::print("{:<48} {:>6.0f} us  ratio {:.2f}\n", what, times.median(), times.median() / base);
}

void measure() {
    const Place place;
    const Policy alone_policy = policy_of(place, WorkspaceMode::direct);
    // In a process of its own, forked while this one is small.
    const LargeProcess holder(held_bytes, [&] {
        auto sandbox = std::make_shared<Sandbox>(Sandbox::start());
        return [=] { return microseconds([&] { expect_success(sandbox->run(payload(), alone_policy)); }); };
    });
    Sandbox sandbox = Sandbox::start();
    const LargeWorkspace large(place / "large", fs::read_symlink("/proc/self/exe").parent_path() / "guests");
    const BubblewrapPeer bubblewrap(place / "empty", place / "peer", program);
    const Policy copied = policy_of(place, WorkspaceMode::cow);
    Policy ready_policy = alone_policy;
    ready_policy.limits.wall += std::chrono::milliseconds(1);  // the one policy that a guest is kept ready for
    sandbox.keep_ready(ready_policy);
    Session session = sandbox.open(alone_policy);

    Series plain, alone, at_once, overlaid, ready, within, wrapped, from_large, open_empty, open_large, change, diff,
        rollback, keep, back;
    // Guests are taken down after a call has returned, and what waits for the next is made: that is nobody else's cost.
    const auto calm = [] { std::this_thread::sleep_for(std::chrono::milliseconds(16)); };
    for (int round = 0; round < rounds; ++round) {  // interleaved, so that all meet the same load
        calm();
        plain.add(microseconds([] { run_plainly({program}); }));
        alone.add(microseconds([&] { expect_success(sandbox.run(payload(), alone_policy)); }));
        at_once.add(microseconds([&] { expect_success(sandbox.run(payload(), alone_policy)); }));
        calm();
        overlaid.add(microseconds([&] { expect_success(sandbox.run(payload(), copied)); }));
        calm();
        within.add(microseconds([&] { expect_success(session.run(payload())); }));
        calm();
        if (bubblewrap.is_here()) wrapped.add(microseconds([&] { bubblewrap.run(); }));
        calm();
        if (holder.is_ready()) from_large.add(holder.work());
        calm();
        std::optional<Session> empty;
        open_empty.add(microseconds([&] { empty.emplace(sandbox.open(copied)); }));
        empty->close();
        calm();
        const auto times = large.round(sandbox, [](const auto& work) { return microseconds(work); });
        open_large.add(times.open);
        change.add(times.change);
        diff.add(times.diff);
        rollback.add(times.rollback);
        keep.add(times.keep);
        back.add(times.back);
        calm();  // until the next one is ready
        ready.add(microseconds([&] { expect_success(sandbox.run(payload(), ready_policy)); }));
    }
    session.close();

    const double base = plain.median();
    fmt::print("fork and exec of the same program: {:.0f} us; ratios are to it\n", base);
    report("a guest for one command", alone, base);
    report("the same right after another, with nothing ahead", at_once, base);
    report("the same, its workspace copied on write", overlaid, base);
    report("the same, kept ready", ready, base);
    report("a command in a session", within, base);
    if (holder.is_ready())
        report("a guest for one command, beside 4 GiB of memory", from_large, base);
    else
        fmt::print("not measured beside 4 GiB of memory: they are not to be had here\n");
    if (!bubblewrap.is_here()) {
        fmt::print("not measured against bubblewrap: it is not installed (/usr/bin/bwrap)\n");
    } else {
        report("bubblewrap, with the same view and filter", wrapped, base);
        fmt::print("{:<48} {:.2f} times faster than bubblewrap\n", "a guest for one command",
                   wrapped.median() / alone.median());
    }
    fmt::print("\na workspace of {} files, copied on write\n",
               LargeWorkspace::folders * LargeWorkspace::files_a_folder);
    fmt::print("{:<48} {:>6.0f} us, {:.0f} us more than of an empty one\n", "opening a session", open_large.median(),
               open_large.median() - open_empty.median());
    fmt::print("{:<48} {:>6.0f} us\n", "50 changes", change.median());
    fmt::print("{:<48} {:>6.0f} us\n", "diff", diff.median());
    fmt::print("{:<48} {:>6.0f} us\n", "rollback, when its session has closed", rollback.median());
    fmt::print("{:<48} {:>6.0f} us\n", "a snapshot in a session, of 50 changes", keep.median());
    fmt::print("{:<48} {:>6.0f} us\n", "rollback in a session, which goes on", back.median());
}

}  // namespace

int main() {
    try {
        measure();
    } catch (const std::exception& error) {
        fmt::print(stderr, "sandbox_bench: {}\n", error.what());
        return 1;
    }
    return 0;
}
