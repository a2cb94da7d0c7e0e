// runtime/agent.h: A session: takes one user message after the other to its end, on record.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <stop_token>
#include <string>

#include "runtime/context.h"
#include "runtime/turn.h"

namespace heddle {

struct AgentOptions {
    prompts::Message system;  // with the tools' specs
    prompts::RenderOptions render;
    TurnLimits limits;
    SessionStarted session;                                 // what the record's first event says
    prompts::Json turn_settings = prompts::Json::object();  // what each turn's first event says
};

// A failure of the model ends the turn, on record, and the session can go on; a failure of the store ends the session.
class Agent {
 public:
    // All but the options outlive the agent.
    Agent(Model& model, const Toolbox& toolbox, Recorder& recorder, View& view, AgentOptions options);

    // Runs a turn on the loop; one at a time. Throws heddle::Error when the record cannot be written.
    boost::asio::awaitable<TurnEnd> run(std::string prompt, std::stop_token stop);

    const Context& context() const { return context_; }

 private:
    boost::asio::awaitable<void> open_session();
    boost::asio::awaitable<TurnEnd> attempt(Turn& turn, const std::string& prompt, std::stop_token stop);

    Model& model_;
    const Toolbox& toolbox_;
    Recorder& recorder_;
    View& view_;
    AgentOptions options_;
    Context context_;
};

}  // namespace heddle
