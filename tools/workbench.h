// tools/workbench.h: Where the commands of a conversation run: all on one state of the workspace.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "sandbox/sandbox.h"
#include "tools/interpreter.h"
#include "tools/long_output.h"

namespace heddle::tools {

// One session of the sandbox holds the conversation's bash and Python, and where changes are kept apart each single
// command, too, so that each sees what those before it wrote; else a single command has a guest of its own. Past its
// memory the session ends, with all that runs in it; what comes next goes on in another with the same files. Single
// commands and the folder may be asked for from several threads, the interpreters from one.
class Workbench {
 public:
    // Opens the session where changes are kept apart, from the workspace as it is; elsewhere the first interpreter
    // does. The sandbox outlives this. Throws sandbox::Error.
    Workbench(sandbox::Sandbox& sandbox, sandbox::Policy policy, std::shared_ptr<const OutputFolder> outputs = {});

    const sandbox::Policy& policy() const { return policy_; }
    const OutputFolder* outputs() const { return outputs_.get(); }  // where long ones are kept whole; null: nowhere
    // `own`: the policy of this command alone, but for its workspace; of one in a session only the limit of time
    // counts. Throws sandbox::Error.
    sandbox::Result run(const sandbox::Command& command, std::stop_token stop, const sandbox::Policy* own = nullptr);

    // The conversation's bash, or Python, which gets these variables when it is started: by its first piece of code.
    // nullptr where no session can be had. Throws sandbox::Error.
    Interpreter* shell(const std::map<std::string, std::string>& environment);
    Interpreter* python(const std::map<std::string, std::string>& environment);
    const std::string& why_no_session() const { return why_no_session_; }
    bool tells_loss() { return !std::exchange(has_told_loss_, true); }  // true the first time it is asked

    // The workspace as commands see it, to be read through. Throws sandbox::Error.
    sandbox::Fd folder();

    // Ends all that runs; the session with its changes, or nullptr where nothing is kept apart. To be called once, at
    // the end. Throws sandbox::Error.
    sandbox::Session* end();

 private:
    bool has_session();
    void revive();
    Interpreter* interpreter(std::optional<Interpreter>& which, InterpreterStart (*start)(),
                             const std::map<std::string, std::string>& environment);

    sandbox::Sandbox& sandbox_;
    sandbox::Policy policy_;
    std::shared_ptr<const OutputFolder> outputs_;
    std::mutex mutex_;  // of what is below, but for the interpreters
    std::optional<sandbox::Session> session_;
    std::string why_no_session_;
    bool has_told_loss_ = false;                 // to the model: that nothing is kept from call to call
    std::optional<Interpreter> shell_, python_;  // in the session
    bool is_lost_ = false;                       // the session's guest, or it is about to be
};

}  // namespace heddle::tools
