// runtime/workshop.h: The sandbox of a session and the tools in it, as its user has settled them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/web_setup.h"
#include "sandbox/sandbox.h"
#include "tools/dispatcher.h"

namespace heddle {

struct WorkshopOptions {
    std::filesystem::path workspace;                 // an existing folder: all that the tools may change
    sandbox::Policy policy;                          // of the tools; its workspace is the one above
    std::map<std::string, std::string> environment;  // that their commands get on top of the clean one
    std::shared_ptr<tools::CommandGate> gate;        // of a policy with rules on single commands
    tools::CallRules rules;                          // on calls
    tools::Ask ask;                                  // who is asked about them
    std::vector<std::string> tools;                  // by name, as tool_names() has them
    std::vector<std::string> protect;                // globs whose changes are not committed, beside Heddle's own list
    std::filesystem::path outputs;                   // what is too long for a model, whole; made when it is missing
    std::filesystem::path documents;                 // the index that search and open ask; may be missing
    WebOptions web;
};

class Workshop {
 public:
    // Starts the sandbox, which has to be before threads and weights, and checks that it can run. `tokens` is asked
    // when a page is shown. Throws one line for what the environment is not able to.
    Workshop(const WorkshopOptions& options, tools::web::TokenCount tokens);

    tools::Dispatcher& dispatcher() { return dispatcher_; }
    const tools::Dispatcher& dispatcher() const { return dispatcher_; }
    const sandbox::Policy& policy() const { return policy_; }  // as it holds; its workspace through no link

    // After the last call: ends all that the tools started. Returns the session that holds what they wrote, as long as
    // this lives, or nullptr where the policy keeps nothing apart. Throws sandbox::Error.
    sandbox::Session* end() { return bench_.end(); }

 private:
    std::shared_ptr<const tools::OutputFolder> outputs_;
    sandbox::Sandbox sandbox_;
    sandbox::Policy policy_;
    tools::Workbench bench_;
    tools::Dispatcher dispatcher_;
};

}  // namespace heddle
