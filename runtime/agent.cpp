// runtime/agent.cpp: A session: takes one user message after the other to its end, on record.
#include "runtime/agent.h"

#include <exception>

#include "runtime/error.h"

namespace heddle {

namespace asio = boost::asio;

Agent::Agent(Model& model, const Toolbox& toolbox, Recorder& recorder, View& view, AgentOptions options)
    : model_(model),
      toolbox_(toolbox),
      recorder_(recorder),
      view_(view),
      options_(std::move(options)),
      context_(model.codec(), options_.render) {}

asio::awaitable<TurnEnd> Agent::run(std::string prompt, std::stop_token stop) {
    if (context_.nodes().empty()) co_await open_session();
    const TurnParts parts{model_, toolbox_, recorder_, view_, context_};
    Turn turn(parts, options_.limits);
    TurnEnd end = co_await attempt(turn, prompt, stop);
    const Event event = std::visit([](const auto& kind) -> Event { return kind; }, end);
    co_await recorder_.append(event, context_.nodes().back().record);
    view_.event(event);
    co_return end;
}

asio::awaitable<void> Agent::open_session() {
    const Event started = options_.session;
    co_await recorder_.append(started);
    view_.event(started);
    const std::vector<prompts::Message> messages{options_.system};
    const std::size_t kept = context_.add(messages);
    co_await recorder_.add_nodes(context_, kept, model_.codec());
}

asio::awaitable<TurnEnd> Agent::attempt(Turn& turn, const std::string& prompt, std::stop_token stop) {
    try {
        co_return co_await turn.run(prompt, options_.turn_settings, stop);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        co_return TurnFailed{error.what(), TurnFailed::Kind::error, turn.totals()};
    }
}

}  // namespace heddle
