// runtime/events.cpp: What happens in a session, as kinds and JSON bodies and back.
#include "runtime/events.h"

#include <fmt/core.h>

#include <array>

#include "prompts/error.h"
#include "prompts/message_json.h"
#include "runtime/error.h"

namespace heddle {

using prompts::Json;

namespace {

template <typename Enum, std::size_t count>
Enum named(const std::string& name, const std::array<Enum, count>& all) {
    for (const Enum value : all) {
        if (name == name_of(value)) return value;
    }
    throw Error(fmt::format("cannot read a recorded event: no ending is named {}", name));
}

Json usage_json(const Usage& usage) {
    return {{"prompt_tokens", usage.prompt_tokens},
            {"reused_tokens", usage.reused_tokens},
            {"evaluated_tokens", usage.evaluated_tokens},
            {"generated_tokens", usage.generated_tokens},
            {"prefill_us", usage.prefill_us},
            {"decode_us", usage.decode_us}};
}

Usage usage_of(const Json& json) {
    return {json.at("prompt_tokens"),    json.at("reused_tokens"), json.at("evaluated_tokens"),
            json.at("generated_tokens"), json.at("prefill_us"),    json.at("decode_us")};
}

Json totals_json(const Totals& totals) {
    return {{"steps", totals.steps},
            {"tool_calls", totals.tool_calls},
            {"usage", usage_json(totals.usage)},
            {"wall_us", totals.wall_us}};
}

Totals totals_of(const Json& json) {
    return {json.at("steps"), json.at("tool_calls"), usage_of(json.at("usage")), json.at("wall_us")};
}

// One overload a kind, writing and reading the same keys.
Json body(const SessionStarted& event) {
    return {{"cwd", event.cwd}, {"model", event.model}, {"retention", event.retention}, {"settings", event.settings}};
}
Json body(const TurnStarted& event) {
    return {{"prompt", event.prompt}, {"settings", event.settings}};
}
Json body(const StepStarted& event) {
    return {{"step", event.step},
            {"prompt_tokens", event.prompt_tokens},
            {"reused", event.reused},
            {"evaluated", event.evaluated}};
}
Json body(const ReplyFinished& event) {
    return {{"message", prompts::json_of(event.message)},
            {"repairs", event.repairs},
            {"stop", name_of(event.stop)},
            {"usage", usage_json(event.usage)}};
}
Json body(const ToolStarted& event) {
    return {{"call_id", event.call_id}, {"name", event.name}, {"arguments", event.arguments}};
}
Json body(const ToolCompleted& event) {
    return {{"call_id", event.call_id},
            {"text", event.text},
            {"ok", event.ok},
            {"details", event.details},
            {"duration_us", event.duration_us}};
}
Json body(const TurnCompleted& event) {
    return {{"answer", event.answer}, {"totals", totals_json(event.totals)}};
}
Json body(const TurnFailed& event) {
    return {{"reason", event.reason}, {"kind", name_of(event.kind)}, {"totals", totals_json(event.totals)}};
}

Event read(std::string_view kind, const Json& json) {
    if (kind == "session_started") {
        return SessionStarted{json.at("cwd"), json.at("model"), json.at("retention"), json.at("settings")};
    }
    if (kind == "turn_started") return TurnStarted{json.at("prompt"), json.at("settings")};
    if (kind == "step_started") {
        return StepStarted{json.at("step"), json.at("prompt_tokens"), json.at("reused"), json.at("evaluated")};
    }
    if (kind == "reply") {
        const std::array stops{StopReason::end, StopReason::length, StopReason::cancelled};
        return ReplyFinished{prompts::message_of(json.at("message")), json.at("repairs"),
                             named(json.at("stop").get<std::string>(), stops), usage_of(json.at("usage"))};
    }
    if (kind == "tool_started") return ToolStarted{json.at("call_id"), json.at("name"), json.at("arguments")};
    if (kind == "tool_completed") {
        return ToolCompleted{json.at("call_id"), json.at("text"), json.at("ok"), json.at("details"),
                             json.at("duration_us")};
    }
    if (kind == "turn_completed") return TurnCompleted{json.at("answer"), totals_of(json.at("totals"))};
    const std::array kinds{TurnFailed::Kind::limit, TurnFailed::Kind::cancelled, TurnFailed::Kind::error};
    return TurnFailed{json.at("reason"), named(json.at("kind").get<std::string>(), kinds),
                      totals_of(json.at("totals"))};
}

// In the order of the alternatives of Event.
constexpr std::array<std::string_view, std::variant_size_v<Event>> kinds_of_event{
    "session_started", "turn_started",   "step_started",   "reply",
    "tool_started",    "tool_completed", "turn_completed", "turn_failed"};

}  // namespace

std::string_view kind_of(const Event& event) {
    return kinds_of_event[event.index()];
}

Json body_of(const Event& event) {
    return std::visit([](const auto& kind) { return body(kind); }, event);
}

std::optional<Event> event_of(std::string_view kind, const Json& body) {
    for (const auto known : kinds_of_event) {
        if (known != kind) continue;
        try {
            return read(kind, body);
        } catch (const Json::exception& error) {
            throw Error(fmt::format("cannot read a recorded event of kind {}: {}", kind, error.what()));
        } catch (const prompts::Error& error) {
            throw Error(fmt::format("cannot read a recorded event of kind {}: {}", kind, error.what()));
        }
    }
    return std::nullopt;
}

const char* name_of(StopReason stop) {
    switch (stop) {
        case StopReason::end:
            return "end";
        case StopReason::length:
            return "length";
        case StopReason::cancelled:
            return "cancelled";
    }
    return "end";
}

const char* name_of(TurnFailed::Kind kind) {
    switch (kind) {
        case TurnFailed::Kind::limit:
            return "limit";
        case TurnFailed::Kind::cancelled:
            return "cancelled";
        case TurnFailed::Kind::error:
            return "error";
    }
    return "error";
}

}  // namespace heddle
