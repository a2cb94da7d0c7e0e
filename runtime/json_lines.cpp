// runtime/json_lines.cpp: A session as JSON Lines, in the shape that scripts around other agents read already.
#include "runtime/json_lines.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "runtime/json_line.h"
#include "runtime/terminal_text.h"

namespace heddle {

using prompts::Json;

namespace {

std::string now() {
    const auto time = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)),
                       (time - seconds).count());
}

double milliseconds(std::int64_t microseconds) {
    return static_cast<double>(microseconds) / 1000;
}

Json command_item(const std::string& id, const Json& arguments) {
    return {{"id", id},
            {"type", "command_execution"},
            {"command", arguments.is_object() ? arguments.value("command", "") : ""},
            {"aggregated_output", ""},
            {"exit_code", nullptr},
            {"status", "in_progress"}};
}

Json tool_item(const std::string& id, const std::string& name, const Json& arguments) {
    return {{"id", id},         {"type", "mcp_tool_call"}, {"server", "heddle"},
            {"tool", name},     {"arguments", arguments},  {"result", nullptr},
            {"error", nullptr}, {"status", "in_progress"}};
}

}  // namespace

JsonLines::JsonLines(std::FILE* out, std::string session, bool thinking, TokenId think_end)
    : out_(out), session_(std::move(session)), thinking_(thinking), think_end_(think_end) {}

void JsonLines::token(const SampledToken& token) {
    if (in_reasoning_) ++reasoning_tokens_;
    if (token.id == think_end_) in_reasoning_ = false;
}

void JsonLines::event(const Event& event) {
    std::visit([this](const auto& one) { show(one); }, event);
}

void JsonLines::show(const SessionStarted& event) {
    write("thread.started", {{"thread_id", session_}, {"cwd", event.cwd}, {"model", event.model}});
}

void JsonLines::show(const TurnStarted&) {
    reasoning_tokens_ = 0;
    write("turn.started", Json::object());
}

void JsonLines::show(const StepStarted& event) {
    step_ = event.step;
    in_reasoning_ = thinking_;
}

void JsonLines::show(const ReplyFinished& event) {
    const auto text_item = [&](const char* type, const std::string& text) {
        if (text.empty()) return;
        item("item.completed", {{"id", fmt::format("item_{}", items_++)}, {"type", type}, {"text", text}});
    };
    text_item("reasoning", event.message.reasoning);
    text_item("agent_message", event.message.content);
    const auto& usage = event.usage;
    Json fields = {{"step", step_},
                   {"stop", name_of(event.stop)},
                   {"usage",
                    {{"input_tokens", usage.prompt_tokens},
                     {"cached_input_tokens", usage.reused_tokens},
                     {"evaluated_input_tokens", usage.evaluated_tokens},
                     {"output_tokens", usage.generated_tokens}}},
                   {"prefill_ms", milliseconds(usage.prefill_us)},
                   {"decode_ms", milliseconds(usage.decode_us)}};
    if (!event.repairs.empty()) fields["repairs"] = event.repairs;
    write("step.completed", std::move(fields));
}

void JsonLines::show(const ToolStarted& event) {
    const std::string id = fmt::format("item_{}", items_++);
    calls_[event.call_id] = {id, event.name, event.arguments};
    item("item.started",
         event.name == "bash" ? command_item(id, event.arguments) : tool_item(id, event.name, event.arguments));
}

void JsonLines::show(const ToolCompleted& event) {
    auto call = calls_.extract(event.call_id);
    const bool ran = !call.empty();  // a call of a reply that was cut never started
    const Call started = ran ? call.mapped() : Call{fmt::format("item_{}", items_++), "", Json::object()};
    Json done;
    if (started.name == "bash") {
        done = command_item(started.item, started.arguments);
        const Json status = event.details.is_object() ? event.details.value("exit_status", Json()) : Json();
        done["aggregated_output"] = event.text;
        done["exit_code"] = status;
        done["status"] = event.ok && (status.is_null() || status == 0) ? "completed" : "failed";
    } else {
        done = tool_item(started.item, started.name, started.arguments);
        const Json text = {{"type", "text"}, {"text", event.text}};
        if (event.ok) done["result"] = {{"content", Json::array({text})}, {"structured_content", event.details}};
        if (!event.ok) done["error"] = {{"message", event.text}};
        done["status"] = event.ok ? "completed" : "failed";
    }
    done["duration_ms"] = milliseconds(event.duration_us);
    item("item.completed", std::move(done));
}

void JsonLines::show(const TurnCompleted& event) {
    write("turn.completed", {{"usage", usage(event.totals)},
                             {"steps", event.totals.steps},
                             {"tool_calls", event.totals.tool_calls},
                             {"duration_ms", milliseconds(event.totals.wall_us)}});
}

void JsonLines::show(const TurnFailed& event) {
    write("turn.failed", {{"error", {{"message", event.reason}, {"kind", name_of(event.kind)}}},
                          {"usage", usage(event.totals)},
                          {"steps", event.totals.steps},
                          {"tool_calls", event.totals.tool_calls},
                          {"duration_ms", milliseconds(event.totals.wall_us)}});
}

Json JsonLines::usage(const Totals& totals) const {
    return {{"input_tokens", totals.usage.prompt_tokens},
            {"cached_input_tokens", totals.usage.reused_tokens},
            {"cache_write_input_tokens", totals.usage.evaluated_tokens},
            {"output_tokens", totals.usage.generated_tokens},
            {"reasoning_output_tokens", reasoning_tokens_}};
}

void JsonLines::item(const char* type, Json item) {
    write(type, {{"item", std::move(item)}});
}

void JsonLines::write(const char* type, Json fields) {
    Json line = {{"type", type}, {"timestamp", now()}};
    line.update(fields);
    // A reply may hold bytes that are no UTF-8: they become U+FFFD here; the record has them as tokens.
    const std::string text = printable_json(json_line(line)) + "\n";
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
}

}  // namespace heddle
