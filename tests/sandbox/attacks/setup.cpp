// tests/sandbox/attacks/setup.cpp: Sandboxes in sandboxes, kernels that lack a layer, and setups that fail (P72, P73,
// P80).
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sandbox/probe.h"
#include "tests/sandbox/attacks/attack.h"
#include "tests/support/child.h"
#include "tests/support/refuse_namespaces.h"

namespace fs = std::filesystem;

namespace heddle::test {

namespace {

using namespace std::chrono_literals;
using sandbox::Outcome;
using sandbox::Result;
using sandbox::Sandbox;

std::vector<pid_t> children() {
    std::ifstream in("/proc/thread-self/children");
    return {std::istream_iterator<pid_t>(in), {}};
}

// Starts another sandbox in a process that is changed first; its words come back by a file.
Result run_where(Range& range, const std::function<bool()>& change) {
    Child child([&](Child::Report) {
        std::ofstream out(range.work() / "told");  // while there are descriptors
        std::string text;
        if (!change()) ::_exit(5);
        try {
            Sandbox sandbox = Sandbox::start(range.launcher());
            const Result result = sandbox.run(range.command({"bash", "-c", "echo ran"}), range.policy);
            text = describe(result.outcome) + "\n" + result.out.text() + result.err.text();
        } catch (const sandbox::Error& error) {
            text = std::string("Error: ") + error.what();
        }
        out << text;
    });
    if (child.wait() == 5) throw std::runtime_error("cannot change the process");
    return said(range.read("told"));
}

// The command must not have run, and the words must name the step or the cause.
Act fails_where(const std::function<bool()>& change, const std::string& words) {
    return [=](Range& range) {
        const Result result = run_where(range, change);
        const std::string text = result.out.text();
        const bool is_so = text.find("ran\n") == text.npos && text.find(words) != text.npos;
        const auto errors = errors_in(text);
        return check_that(is_so, errors.empty() ? "refused" : errors[0] + " named", result);
    };
}

Seen runs_where_nothing_is_changed(Range& range) {
    const Result result = run_where(range, [] { return true; });
    return check_that(result.out.text().find("ran\n") != std::string::npos, "ran", result);
}

// Another program of ours, and bwrap, find themselves in a sandbox already.
Seen nest(Range& range) {
    fs::copy_file(range.launcher(), range.work() / "heddle-launcher");
    const Result result = range.bash(
        "./heddle-launcher </dev/null >/dev/null 2>&1 && echo started; command -v bwrap "
        ">/dev/null && bwrap --ro-bind / / true && echo nested; true");
    return compare(result, {"", {}});
}

Seen missing_workspace(Range& range) {
    sandbox::Policy policy = range.policy;
    policy.workspace /= "none";
    try {
        const Result result = range.sandbox->run(range.command({"echo", "ran"}), policy);
        return check_that(false, "ran", result);
    } catch (const sandbox::Error& error) {
        const std::string text = error.what();
        return {text.find("none") != text.npos && text.find("No such file") != text.npos, "ENOENT named", text};
    }
}

Seen probe_is_honest(Range& range) {
    const fs::path told = range.work() / "told";
    Child child([&](Child::Report) {
        if (!deny(SYS_landlock_create_ruleset, ENOSYS)) ::_exit(5);
        const auto report = sandbox::probe(range.launcher());
        std::ofstream out(told);
        out << (report.usable ? "usable\n" : "not usable\n");
        for (const auto& layer : report.layers)
            if (layer.name == "landlock") out << (layer.present ? "present\n" : "missing\n");
    });
    child.wait();
    const Result result = said(range.read("told"));
    return check_that(result.out.text() == "not usable\nmissing\n", "probe says so", result);
}

Seen few_processes_left(Range& range) {
    const Result result = run_where(range, [] {
        const rlimit none{0, 0};
        return ::setrlimit(RLIMIT_NPROC, &none) == 0;
    });
    const std::string text = result.out.text();
    return check_that(text.find("ran\n") == text.npos && text.find("Resource temporarily unavailable") != text.npos,
                      "EAGAIN named", result);
}

// A launcher of one's own, whose descriptors can be made few.
class OwnLauncher {
 public:
    explicit OwnLauncher(Range& range) : before_(children()), sandbox(Sandbox::start(range.launcher())) {
        for (const pid_t child : children())
            if (std::find(before_.begin(), before_.end(), child) == before_.end()) launcher_ = child;
    }
    // So many more than it has now.
    void leave(rlim_t more) const {
        const fs::path open = "/proc/" + std::to_string(launcher_) + "/fd";
        rlim_t end = 0;  // the numbers below it are taken, but for so many
        for (rlim_t free = 0; free < more || fs::exists(fs::symlink_status(open / std::to_string(end))); ++end)
            if (!fs::exists(fs::symlink_status(open / std::to_string(end)))) ++free;
        const rlimit few{end, 1024};
        if (::prlimit(launcher_, RLIMIT_NOFILE, &few, nullptr) != 0)
            throw std::runtime_error("cannot limit the launcher's descriptors");
    }

 private:
    std::vector<pid_t> before_;
    pid_t launcher_ = 0;

 public:
    Sandbox sandbox;
};

// A guest is running; another one cannot be had for want of `left` and some descriptors; later one can.
Act starves(rlim_t left) {
    return [=](Range& range) {
        OwnLauncher own(range);
        sandbox::Policy policy = range.policy;
        policy.network = sandbox::NetworkMode::host;  // for which no blank waits, that has its descriptors already
        const auto echo = [&]() -> std::string {
            try {
                const Result result = own.sandbox.run(range.command({"echo", "ran"}), policy);
                return describe(result.outcome) + result.out.text();
            } catch (const sandbox::Error& error) {
                return std::string("Error: ") + error.what() + "; ";
            }
        };
        sandbox::Session session = own.sandbox.open(range.policy);
        own.leave(left);
        std::string text = echo();
        own.leave(100);
        text += "later: " + echo();
        if (session.is_open()) text += session.run(range.command({"echo", "session"})).out.text();
        const bool is_named = text.find("Too many open files") != text.npos && text.find("ran\n") != text.npos;
        return check_that(is_named && text.find("session\n") != text.npos, "EMFILE named", said(text));
    };
}

Seen again_after_failures(Range& range) {
    range.refresh();
    const Result result = range.bash("echo again");
    return compare(result, {"again\n"});
}

}  // namespace

std::vector<Attack> attacks_on_the_setup() {
    const auto without = [](unsigned call, unsigned error) { return [=] { return deny(call, error); }; };
    return {
        {"P72", "a sandbox in a sandbox", nest, again_after_failures},
        {"P73", "a kernel without namespaces", fails_where(without(SYS_clone3, ENOSYS), "step 'namespaces'"),
         runs_where_nothing_is_changed},
        {"P73", "a kernel that refuses clone3", fails_where(without(SYS_clone3, EPERM), "Operation not permitted"),
         runs_where_nothing_is_changed},
        {"P73", "namespaces, but no mounts", fails_where(without(SYS_mount, EPERM), "step 'mounts'"),
         runs_where_nothing_is_changed},
        {"P73", "a kernel without Landlock",
         fails_where(without(SYS_landlock_create_ruleset, ENOSYS), "step 'landlock'"), runs_where_nothing_is_changed},
        {"P73", "a probe without Landlock", probe_is_honest, runs_where_nothing_is_changed},
        {"P80", "no such workspace", missing_workspace, again_after_failures},
        {"P80", "no descriptor left for a setup", starves(4), runs_where_nothing_is_changed},
        {"P80", "one descriptor left for a request", starves(1), runs_where_nothing_is_changed},
        {"P80", "no descriptor left for a request", starves(0), runs_where_nothing_is_changed},
        {"P80", "no process left for the user", few_processes_left, runs_where_nothing_is_changed},
        {"P80", "memory limit too small for any program",
         [](Range& range) {
             range.policy.limits.memory_bytes = 8u << 20;
             const Result result = range.run({"python3", "-c", "x = bytearray(99 << 20)"});
             return check_that(result.outcome.kind == Outcome::Kind::out_of_memory, "memory limit", result);
         },
         again_after_failures},
    };
}

}  // namespace heddle::test
