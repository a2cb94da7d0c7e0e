// tools/tool.h: The face of a tool, what it is given and what it returns.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

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
    const prompts::ToolSpec& spec() const { return spec_; }  // what the model is told of it, and its arguments' schema
    // Whether no call can write or start anything: such calls need nobody's approval.
    virtual bool changes_nothing() const { return false; }
    // Whether begin() may be called for this call beside others of the reply, as neither it nor its subject depends on
    // what these come to. `arguments` holds to the spec's schema.
    virtual bool runs_beside(const prompts::Json& arguments, const ToolContext& context) const;
    // Whether the same call with the same result is no circle, as it looks at what goes on by itself.
    virtual bool waits() const { return false; }
    // What a user's rules on calls are held against; of any JSON that holds to the schema.
    virtual CallSubject subject(const prompts::Json& arguments, const ToolContext& context) const;
    // `arguments` holds to the spec's schema. Returns within the policy's wall limit, or when `stop` is requested.
    virtual ToolResult run(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) = 0;
    // The same in two parts, of a call that runs beside: what may be done meanwhile, from any thread, and what waits
    // until the results of the calls before it are there. Unless overridden, all is done meanwhile.
    using Rest = std::function<ToolResult()>;
    virtual Rest begin(const prompts::Json& arguments, ToolContext& context, std::stop_token stop);

 protected:
    explicit Tool(prompts::ToolSpec spec) : spec_(std::move(spec)) {}

 private:
    prompts::ToolSpec spec_;
};

inline bool Tool::runs_beside(const prompts::Json&, const ToolContext&) const {
    return false;
}

inline CallSubject Tool::subject(const prompts::Json&, const ToolContext&) const {
    return {};
}

inline Tool::Rest Tool::begin(const prompts::Json& arguments, ToolContext& context, std::stop_token stop) {
    return [result = run(arguments, context, std::move(stop))] { return result; };
}

}  // namespace heddle::tools
