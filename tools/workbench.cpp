// tools/workbench.cpp: Guests one by one, or one session and its successors.
#include "tools/workbench.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sandbox/error.h"

namespace heddle::tools {

using sandbox::Fd;
using sandbox::Outcome;

Workbench::Workbench(sandbox::Sandbox& sandbox, sandbox::Policy policy, std::shared_ptr<const OutputFolder> outputs)
    : sandbox_(sandbox), policy_(std::move(policy)), outputs_(std::move(outputs)) {
    if (sandbox::keeps_apart(policy_.mode)) session_.emplace(sandbox_.open(policy_));
}

void Workbench::revive() {
    if (!is_lost_ && session_->is_open() && !session_->is_past_memory()) return;
    sandbox_.reopen(*session_);
    is_lost_ = false;
}

// Opens it where it is not yet; whoever cannot have one here does without.
bool Workbench::has_session() {
    const std::lock_guard lock(mutex_);
    if (!session_ && why_no_session_.empty()) {
        try {
            session_.emplace(sandbox_.open(policy_));
        } catch (const sandbox::Error& error) {
            why_no_session_ = error.what();
        }
    }
    if (session_) revive();
    return session_.has_value();
}

sandbox::Result Workbench::run(const sandbox::Command& command, std::stop_token stop, const sandbox::Policy* own) {
    sandbox::Policy policy = own != nullptr ? *own : policy_;
    policy.workspace = policy_.workspace;
    // Where it is to be seen at all, a policy of its own does not hide it.
    if (own != nullptr && outputs_ && std::ranges::find(policy_.read, outputs_->path()) != policy_.read.end())
        policy.read.push_back(outputs_->path());
    if (!sandbox::keeps_apart(policy_.mode)) return sandbox_.run(command, policy, std::move(stop));
    {
        const std::lock_guard lock(mutex_);
        revive();
    }
    sandbox::Result result = session_->run(command, std::move(stop), {}, policy.limits.wall);
    const std::lock_guard lock(mutex_);
    is_lost_ = is_lost_ || result.outcome.kind == Outcome::Kind::out_of_memory;
    return result;
}

Interpreter* Workbench::interpreter(std::optional<Interpreter>& which, InterpreterStart (*start)(),
                                    const std::map<std::string, std::string>& environment) {
    if (!has_session()) return nullptr;
    if (!which) which.emplace(*session_, start(), environment, policy_.limits, outputs_.get());
    return &*which;
}

Interpreter* Workbench::shell(const std::map<std::string, std::string>& environment) {
    return interpreter(shell_, bash_interpreter, environment);
}

Interpreter* Workbench::python(const std::map<std::string, std::string>& environment) {
    return interpreter(python_, python_interpreter, environment);
}

Fd Workbench::folder() {
    const std::lock_guard lock(mutex_);
    // Anew each time: what bears its name may be another by now, as it is for commands.
    Fd folder;
    if (sandbox::keeps_apart(policy_.mode)) {
        revive();
        folder = Fd(::fcntl(session_->workspace().get(), F_DUPFD_CLOEXEC, 0));
    } else {
        folder = Fd(::open(policy_.workspace.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    if (!folder) throw sandbox::Error("open the workspace " + policy_.workspace.native(), errno);
    return folder;
}

sandbox::Session* Workbench::end() {
    shell_.reset();
    python_.reset();
    if (!session_) return nullptr;
    session_->close();
    return sandbox::keeps_apart(policy_.mode) ? &*session_ : nullptr;
}

}  // namespace heddle::tools
