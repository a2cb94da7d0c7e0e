// runtime/turn.cpp: From a user message to its answer: steps of one model call and the tools that it asked for.
#include "runtime/turn.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace heddle {

namespace asio = boost::asio;
using prompts::Message;
using prompts::Role;
using prompts::ToolCall;
using tools::ToolResult;

namespace {

void add_to(Usage& sum, const Usage& one) {
    sum.prompt_tokens += one.prompt_tokens;
    sum.reused_tokens += one.reused_tokens;
    sum.evaluated_tokens += one.evaluated_tokens;
    sum.generated_tokens += one.generated_tokens;
    sum.prefill_us += one.prefill_us;
    sum.decode_us += one.decode_us;
}

std::int64_t microseconds_since(std::chrono::steady_clock::time_point then) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - then).count();
}

ToolResult refused(std::string text) {
    ToolResult result;
    result.text = std::move(text);
    result.ok = false;
    return result;
}

}  // namespace

Turn::Turn(const TurnParts& parts, const TurnLimits& limits)
    : parts_(parts), limits_(limits), begun_(std::chrono::steady_clock::now()), stop_(std::make_shared<Stop>()) {}

asio::awaitable<TurnEnd> Turn::run(const std::string& prompt, const prompts::Json& settings, std::stop_token stop) {
    const std::stop_callback on_stop(stop, [this] { stop_->source.request_stop(); });
    asio::steady_timer clock(co_await asio::this_coro::executor, limits_.time_max);
    clock.async_wait([shared = stop_](boost::system::error_code error) {
        if (error || shared->source.stop_requested()) return;
        shared->out_of_time = true;
        shared->source.request_stop();
    });

    Message message;
    message.role = Role::user;
    message.content = prompt;
    auto& context = parts_.context;
    const std::size_t kept = context.add({message});
    co_await parts_.recorder.add_nodes(context, kept, parts_.model.codec());
    const Event started = TurnStarted{prompt, settings};
    co_await show(started, context.nodes().back().record);

    for (;;) {
        auto end = co_await step();
        if (end) co_return *std::move(end);
    }
}

asio::awaitable<std::optional<TurnEnd>> Turn::step() {
    if (stop_->source.stop_requested()) co_return stopped();
    if (totals_.steps >= limits_.steps_max) {
        co_return limit(fmt::format("the limit of {} steps was reached; --steps raises it", limits_.steps_max));
    }
    const std::int64_t tokens_left = limits_.tokens_max - totals_.usage.generated_tokens;
    if (tokens_left <= 0) co_return cut_by_length();
    if (static_cast<std::int64_t>(parts_.context.tokens()) >= parts_.model.context_tokens_max()) {
        co_return cut_by_length();
    }
    const Reply reply = co_await ask(static_cast<int>(std::min<std::int64_t>(limits_.reply_tokens_max, tokens_left)));
    if (!reply_node_) co_return stopped();  // before the first token: there is nothing to keep
    co_await keep_reply(reply);
    if (reply.stop == StopReason::cancelled) co_return stopped();

    if (!reply.message.calls.empty() || call_opened_) {
        co_return co_await run_calls(reply);
    }
    if (reply.stop == StopReason::length) co_return cut_by_length();
    if (reply.message.content.find_first_not_of(" \t\r\n") == std::string::npos) {
        co_return TurnFailed{"the model ended its reply without an answer", TurnFailed::Kind::error, totals()};
    }
    co_return TurnCompleted{reply.message.content, totals()};
}

asio::awaitable<Reply> Turn::ask(int tokens_max) {
    reply_node_.reset();
    call_opened_ = false;
    const auto prompt = parts_.context.prompt();
    const GenerateSink sink{[this](const Usage& usage) { return on_prefilled(usage); },
                            [this](const SampledToken& token) { return on_sampled(token); }};
    const GenerateRequest request{prompt, parts_.context.options().thinking, tokens_max};
    co_return co_await parts_.model.generate(request, sink, stop_->source.get_token());
}

asio::awaitable<void> Turn::on_prefilled(const Usage& usage) {
    ++totals_.steps;
    reply_node_ = co_await parts_.recorder.open_reply(*parts_.context.nodes().back().record);
    const Event started = StepStarted{totals_.steps, usage.prompt_tokens, usage.reused_tokens, usage.evaluated_tokens};
    co_await show(started, reply_node_);
}

asio::awaitable<void> Turn::on_sampled(const SampledToken& token) {
    co_await parts_.recorder.append_sampled(*reply_node_, token);
    call_opened_ = call_opened_ || token.shown.call_opened;
    parts_.view.token(token);
}

asio::awaitable<void> Turn::keep_reply(const Reply& reply) {
    add_to(totals_.usage, reply.usage);
    parts_.context.add_reply(reply);
    auto& node = parts_.context.nodes().back();
    node.record = reply_node_;
    if (node.ids.size() > node.sampled) {
        co_await parts_.recorder.append_rendered(*reply_node_, node.ids.back(), parts_.model.codec());
    }
    // What was cut off or garbled within its first call has none that a result could answer; the model is told in
    // this one's.
    if (reply.stop != StopReason::cancelled && call_opened_ && node.message.calls.empty()) {
        node.message.calls.push_back(ToolCall{"call_0", "", prompts::Json::object()});
    }
    const Event finished = ReplyFinished{reply.message, reply.repairs, reply.stop, reply.usage};
    co_await show(finished, reply_node_);
}

// In the order of the reply; those that may, side by side. Every call gets a result, also one that does not run, so
// that the context stays whole.
asio::awaitable<std::optional<TurnEnd>> Turn::run_calls(const Reply& reply) {
    const auto calls = parts_.context.nodes().back().message.calls;
    std::vector<Message> messages;
    std::optional<std::string> answer;
    std::string hopeless;
    for (std::span<const ToolCall> left(calls); !left.empty();) {
        std::size_t count = 1;
        std::vector<ToolResult> results;
        const auto begun = std::chrono::steady_clock::now();
        if (reply.stop == StopReason::length) {
            results = {refused(fmt::format(
                "[error: not run: the reply was cut off after {} tokens; make shorter calls, one in a reply]",
                reply.tokens.size()))};
        } else if (reply.message.calls.empty()) {
            results = {refused(fmt::format("[error: not run: the call could not be read: {}; write it again in full]",
                                           fmt::join(reply.repairs, "; ")))};
        } else if (stop_->source.stop_requested()) {
            results = {refused("[cancelled before it was run]")};
        } else if (answer) {
            results = {refused("[not run: the task has been submitted]")};
        } else {
            count = parts_.toolbox.batch_of(left);
            const Toolbox::Calls batch(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
            for (const auto& call : batch) {
                const Event started = ToolStarted{call.id, call.name, call.arguments};
                co_await show(started, reply_node_);
            }
            results = co_await parts_.toolbox.call(batch, stop_->source.get_token());
            totals_.tool_calls += static_cast<int>(count);
        }
        for (std::size_t i = 0; i < count; ++i) {
            const ToolResult& result = results[i];
            if (result.answer && !answer) answer = result.answer;
            if (hopeless.empty()) hopeless = result.hopeless;
            Message message;
            message.role = Role::tool;
            message.content = result.text;
            message.call_id = left[i].id;
            messages.push_back(message);
            const Event completed =
                ToolCompleted{left[i].id, result.text, result.ok, result.details, microseconds_since(begun)};
            co_await show(completed, reply_node_);
        }
        left = left.subspan(count);
    }
    const std::size_t kept = parts_.context.add(messages);
    co_await parts_.recorder.add_nodes(parts_.context, kept, parts_.model.codec());
    if (answer) co_return TurnCompleted{*answer, totals()};
    if (!hopeless.empty()) co_return limit(std::move(hopeless));
    co_return std::nullopt;
}

asio::awaitable<void> Turn::show(const Event& event, std::optional<NodeId> node) {
    co_await parts_.recorder.append(event, node);
    parts_.view.event(event);
}

Totals Turn::totals() const {
    Totals now = totals_;
    now.wall_us = microseconds_since(begun_);
    return now;
}

TurnFailed Turn::limit(std::string reason) const {
    return {std::move(reason), TurnFailed::Kind::limit, totals()};
}

TurnFailed Turn::stopped() const {
    if (stop_->out_of_time) {
        return limit(fmt::format("the limit of {} s was reached; --time raises it", limits_.time_max.count()));
    }
    return {"interrupted", TurnFailed::Kind::cancelled, totals()};
}

TurnFailed Turn::cut_by_length() const {
    const auto context = static_cast<std::int64_t>(parts_.context.tokens());
    const std::int64_t context_max = parts_.model.context_tokens_max();
    if (context >= context_max) {
        return limit(fmt::format("the context of {} tokens is full; start a new session", context_max));
    }
    if (totals_.usage.generated_tokens >= limits_.tokens_max) {
        return limit(
            fmt::format("the limit of {} generated tokens was reached; --tokens raises it", limits_.tokens_max));
    }
    return limit(fmt::format("a reply did not end within {} tokens", limits_.reply_tokens_max));
}

}  // namespace heddle
