// runtime/turn.h: From a user message to its answer: steps of one model call and the tools that it asked for.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "runtime/context.h"
#include "runtime/events.h"
#include "runtime/model/model.h"
#include "runtime/recorder.h"
#include "runtime/view.h"
#include "tools/tool.h"

namespace heddle {

struct TurnLimits {
    int steps_max = 50;                   // a longer task has lost its way
    std::int64_t tokens_max = 200'000;    // generated in all steps together
    std::chrono::seconds time_max{3600};  // wall clock, the tools' time too
    int reply_tokens_max = 4096;          // of one step; a reply that long has lost its way
};

// What the model may call; the text for the model comes back whatever happens.
struct Toolbox {
    using Calls = std::vector<prompts::ToolCall>;
    // How many calls from the first on may run side by side: at least 1, of at least one call.
    std::function<std::size_t(std::span<const prompts::ToolCall>)> batch_of;
    // Of such calls, in their order.
    std::function<boost::asio::awaitable<std::vector<tools::ToolResult>>(const Calls&, std::stop_token)> call;
};

// What a turn works with; all outlive it.
struct TurnParts {
    Model& model;
    const Toolbox& toolbox;
    Recorder& recorder;
    View& view;
    Context& context;
};

using TurnEnd = std::variant<TurnCompleted, TurnFailed>;

// Each thing goes on record, then to the view, and only then on. The context stays one that a next message can follow,
// however the turn ends.
class Turn {
 public:
    Turn(const TurnParts& parts, const TurnLimits& limits);

    // Runs on the loop; once. `stop` is the user's wish to end it. An end that is not an answer is a value; the end
    // itself is not yet on record. Throws what the model or the store throws.
    boost::asio::awaitable<TurnEnd> run(const std::string& prompt, const prompts::Json& settings, std::stop_token stop);

    Totals totals() const;  // up to now

 private:
    boost::asio::awaitable<std::optional<TurnEnd>> step();
    boost::asio::awaitable<Reply> ask(int tokens_max);
    boost::asio::awaitable<void> on_prefilled(const Usage& usage);
    boost::asio::awaitable<void> on_sampled(const SampledToken& token);
    boost::asio::awaitable<void> keep_reply(const Reply& reply);
    boost::asio::awaitable<std::optional<TurnEnd>> run_calls(const Reply& reply);
    boost::asio::awaitable<void> show(const Event& event, std::optional<NodeId> node = {});
    TurnFailed limit(std::string reason) const;
    TurnFailed stopped() const;
    TurnFailed cut_by_length() const;

    TurnParts parts_;
    TurnLimits limits_;
    std::chrono::steady_clock::time_point begun_;
    Totals totals_;

    // Why the turn stops early; the first reason stays. Shared with the timer's handler, which may come late.
    struct Stop {
        std::stop_source source;
        bool out_of_time = false;
    };
    std::shared_ptr<Stop> stop_;

    // Of the step that runs.
    std::optional<NodeId> reply_node_;
    bool call_opened_ = false;
};

}  // namespace heddle
