// tools/approvals.h: Whether a call may run: by the user's rules, or by asking the user.
#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "prompts/message.h"
#include "tools/ask.h"
#include "tools/call_rule.h"

namespace heddle::tools {

// What a user has settled about calls beforehand. In this order: what `deny` may meet does not run; what `ask` may meet
// waits for the user; what `allow` covers runs; and so does what changes nothing. The rest waits if `asks_otherwise`.
struct CallRules {
    std::vector<CallRule> deny, ask, allow;
    bool asks_otherwise = false;
};

struct Approval {
    std::string refusal;    // not empty: it does not run; words for the model
    prompts::Json details;  // for the record; null where no rule and nobody had a say
};

// The rules are no containment, which is the sandbox's: they see what a call says, not what it then does. One thread at
// a time.
class Approvals {
 public:
    Approvals() = default;  // all runs
    Approvals(CallRules rules, Ask ask);

    Approval decide(const prompts::ToolCall& call, const CallSubject& subject, bool changes_nothing,
                    std::stop_token stop);

 private:
    // `why`: of a rule that wants it.
    Approval asked(const prompts::ToolCall& call, const SeenCall& seen, const CallRule* why, std::stop_token stop);

    CallRules rules_;
    Ask ask_;
    std::vector<CallRule> granted_;        // by "always", in this conversation
    std::set<std::string> granted_calls_;  // likewise, where no rule covers them
};

}  // namespace heddle::tools
