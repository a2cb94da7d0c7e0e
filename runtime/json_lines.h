// runtime/json_lines.h: A session as JSON Lines, in the shape that scripts around other agents read already.
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include "prompts/message.h"
#include "runtime/view.h"

namespace heddle {

// One object a line, each with "type" and "timestamp": thread.started, turn.started, item.started and item.completed,
// step.completed, turn.completed or turn.failed. Items: reasoning, agent_message, command_execution (the tool bash),
// and mcp_tool_call with server "heddle" (every other tool). Beyond that shape: times, and the tokens of each step.
class JsonLines : public View {
 public:
    // `think_end` tells reasoning from the rest of a reply.
    JsonLines(std::FILE* out, std::string session, bool thinking, TokenId think_end);
    void token(const SampledToken& token) override;
    void event(const Event& event) override;

 private:
    void show(const SessionStarted& event);
    void show(const TurnStarted& event);
    void show(const StepStarted& event);
    void show(const ReplyFinished& event);
    void show(const ToolStarted& event);
    void show(const ToolCompleted& event);
    void show(const TurnCompleted& event);
    void show(const TurnFailed& event);

    void write(const char* type, prompts::Json fields);
    void item(const char* type, prompts::Json item);
    prompts::Json usage(const Totals& totals) const;

    struct Call {
        std::string item, name;
        prompts::Json arguments;
    };

    std::FILE* out_;
    std::string session_;
    bool thinking_;
    TokenId think_end_;
    int step_ = 0;
    std::int64_t items_ = 0;
    std::int64_t reasoning_tokens_ = 0;  // of the turn
    bool in_reasoning_ = false;
    std::map<std::string, Call> calls_;  // that run, by call id
};

}  // namespace heddle
