// tools/command_gate.h: What the rules of a user's policy say to each command of a tool, and what the user is asked.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "prompts/message.h"
#include "sandbox/policy.h"
#include "sandbox/policy_rules.h"
#include "tools/ask.h"

namespace heddle::tools {

// How a command runs, as the gate would have it.
struct Ruling {
    bool approved = false;                  // by the user, now or before
    std::string refusal;                    // not empty: it does not run; words for the model
    std::vector<std::string> argv;          // in place of the one that was asked about, where only that was approved
    std::optional<sandbox::Policy> policy;  // none: that of all commands
    bool is_common = true;                  // whichever stands there, it is in effect that of all commands
    std::map<std::string, std::string> environment;  // with a policy
    std::vector<std::string> notes;                  // for the model, after the result, a line each
    prompts::Json details;                           // for the record; null where no rule is met
};

// Rules that tighten hold at once, for each command that a tool's words are seen to start, and for all that runs beside
// it. A rule that widens needs the user's approval, and a command that is the only one: this command is then executed
// itself, with no shell between, so that what was approved is what runs. One thread at a time.
class CommandGate {
 public:
    struct Means {
        sandbox::Policy policy;  // its workspace is not looked at
        std::map<std::string, std::string> environment;
    };
    // From a policy without rules to what the sandbox enforces. Throws sandbox::Error.
    using Compile = std::function<Means(const sandbox::PolicyFile&)>;
    // Without `ask` nobody can be asked, and nothing is approved.
    CommandGate(sandbox::PolicyFile policy, Compile compile, Ask ask);

    Ruling decide(const sandbox::Command& command, std::stop_token stop);

 private:
    // Of a command as it is; `told` are the rules whose widening the model has heard of.
    Ruling rule_on(const sandbox::Command& command, std::set<std::size_t>& told, std::stop_token stop);
    bool approves(const sandbox::CommandPolicy& found, const std::string& command, std::stop_token stop);
    std::string name_of(const sandbox::MatchedRule& matched) const;

    sandbox::PolicyFile policy_;
    Compile compile_;
    Ask ask_;
    std::map<std::string, bool> answers_;  // of this conversation, by what was asked
};

}  // namespace heddle::tools
