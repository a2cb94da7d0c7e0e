// runtime/events.h: What happens in a session, one plain struct a kind; each goes on record before it is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "prompts/message.h"
#include "runtime/model/model.h"

namespace heddle {

struct SessionStarted {
    std::string cwd, model, retention;                 // as in the session's row
    prompts::Json settings = prompts::Json::object();  // for the record: versions, limits, the policy of the sandbox
};

struct TurnStarted {
    std::string prompt;                                // what the user asked, UTF-8
    prompts::Json settings = prompts::Json::object();  // sampler and limits: seed, temperature, top_p, thinking, ...
};

// A model call begins; its node is the reply's. The figures are known once the prompt has been evaluated.
struct StepStarted {
    int step = 0;  // 1, 2, ... within the turn
    std::int64_t prompt_tokens = 0, reused = 0, evaluated = 0;
};

// A model call ended, by itself or cut; its node holds the tokens. Its message is parsed from exactly those.
struct ReplyFinished {
    prompts::Message message;
    std::vector<std::string> repairs;
    StopReason stop = StopReason::end;
    Usage usage;
};

struct ToolStarted {
    std::string call_id, name;
    prompts::Json arguments = prompts::Json::object();
};

struct ToolCompleted {
    std::string call_id, text;  // text: what the model reads
    bool ok = true;
    prompts::Json details = prompts::Json::object();
    std::int64_t duration_us = 0;
};

struct Totals {
    int steps = 0, tool_calls = 0;
    Usage usage;  // summed over the steps
    std::int64_t wall_us = 0;
};

struct TurnCompleted {
    std::string answer;
    Totals totals;
};

struct TurnFailed {
    enum class Kind { limit, cancelled, error };
    std::string reason;  // one line
    Kind kind = Kind::error;
    Totals totals;  // up to the failure
};

using Event = std::variant<SessionStarted, TurnStarted, StepStarted, ReplyFinished, ToolStarted, ToolCompleted,
                           TurnCompleted, TurnFailed>;

// The word in the store: session_started, turn_started, step_started, reply, tool_started, tool_completed,
// turn_completed, turn_failed.
std::string_view kind_of(const Event& event);
prompts::Json body_of(const Event& event);  // an object; keys in a fixed order

// The event of a kind and a body; none for a kind that this version does not know. Throws Error for a body without
// the fields of its kind.
std::optional<Event> event_of(std::string_view kind, const prompts::Json& body);

const char* name_of(StopReason stop);        // "end", "length", "cancelled"
const char* name_of(TurnFailed::Kind kind);  // "limit", "cancelled", "error"

}  // namespace heddle
