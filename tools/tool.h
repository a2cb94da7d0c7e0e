// tools/tool.h: The face of a tool, what it is given and what it returns.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "prompts/message.h"
#include "tools/call_rule.h"
#include "tools/command_gate.h"
#include "tools/web/web.h"
#include "tools/workbench.h"

namespace heddle::tools {

// What a call may use. Lives as long as the session.
struct ToolContext {
    Workbench& bench;  // its policy also names the workspace; what that hides no tool shows
    std::map<std::string, std::string> environment = {};  // of each command, on top of the clean one
    std::shared_ptr<CommandGate> gate = {};               // of a policy with rules on single commands
    web::Web web = {};                                    // what search, open and find ask, and have shown
    // How long a command of bash runs before the model hears of it, where it has the means to go on with it: most are
    // through by then, and who waits for a prompt has not lost much.
    std::chrono::milliseconds yield_time{30'000};
};

struct ToolResult {
    std::string text;  // what the model reads: bounded, valid UTF-8, no control bytes but \n \t
    bool ok = true;    // false: refused or failed before its work; text says why
    prompts::Json details = prompts::Json::object();  // for the record: exit_status, end, wall_ms, output_bytes, ...
    std::optional<std::string> answer = {};           // the task is done, and this is what came of it
    std::string hopeless = {};                        // not empty: nothing will come of this turn, and why
};

class Tool {
 public:
    virtual ~Tool() = default;
    virtual const prompts::ToolSpec& spec() const = 0;
    // Whether no call can write or start anything: such calls need nobody's approval.
    virtual bool changes_nothing() const { return false; }
    // Whether run() may be called from several threads, and the order of such calls does not matter.
    virtual bool runs_beside() const { return false; }
    // Whether the same call with the same result is no circle, as it looks at what goes on by itself.
    virtual bool waits() const { return false; }
    // What a user's rules on calls are held against; of any JSON that holds to the schema.
    virtual CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const;
    // `arguments` holds to the spec's schema. Returns within the policy's wall limit, or when `stop` is requested.
    virtual ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) = 0;
};

inline CallSubject Tool::subject(const prompts::Json&, const ToolContext&) const {
    return {};
}

}  // namespace heddle::tools
