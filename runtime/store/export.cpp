// runtime/store/export.cpp: A session's tree as records for training: one object a node, exact to the token.
#include "runtime/store/export.h"

#include "prompts/message_json.h"
#include "runtime/json_line.h"

namespace heddle {

using prompts::Json;

namespace {

Json number_or_null(const std::optional<NodeId>& number) {
    return number ? Json(*number) : Json();
}

void add_tokens(Json& record, const NodeRow& node) {
    Json ids = Json::array(), mask = Json::array(), content = Json::array(), logprobs = Json::array();
    std::string text;
    for (const auto& run : node.runs) {
        for (const TokenId id : run.ids) {
            ids.push_back(id);
            mask.push_back(run.sampled ? 1 : 0);
            content.push_back(run.content ? Json(*run.content ? 1 : 0) : Json());
        }
        for (const float logprob : run.logprobs) logprobs.push_back(logprob);
        text += run.text;
    }
    record["token_ids"] = std::move(ids);
    record["mask"] = std::move(mask);
    record["is_content"] = std::move(content);
    record["logprobs"] = std::move(logprobs);
    record["text"] = std::move(text);
}

// What is known of the reply that was sampled into a node: its event, and the settings of its turn.
struct Origin {
    Json reply, sampler;
};

Origin origin_of(const History& history, NodeId node) {
    Origin origin;
    Json settings;
    for (const auto& event : history.events) {
        if (event.kind == "turn_started") settings = event.body.value("settings", Json());
        if (event.node != node) continue;
        if (event.kind == "step_started") origin.sampler = settings;
        if (event.kind == "reply") origin.reply = event.body;
    }
    return origin;
}

Json stop_of(const Json& reply) {
    if (reply.is_null()) return {};
    const Json stop = reply.value("stop", Json());
    const bool calls = reply.at("message").contains("tool_calls");
    return stop == "end" && calls ? Json("tool_calls") : stop;
}

Json record_of(const History& history, const NodeRow& node, const Origin& origin, bool sampled) {
    const auto of_reply = [&](const char* key) {
        return origin.reply.is_null() ? Json() : origin.reply.value(key, Json());
    };
    Json record;
    record["session"] = history.session.id;
    record["node"] = node.id;
    record["parent"] = number_or_null(node.parent);
    record["copied_from"] = number_or_null(node.copied_from);
    record["role"] = prompts::name_of(node.role);
    record["sampled"] = sampled;
    record["timestamp_us"] = node.created_us;
    add_tokens(record, node);
    record["message"] = node.message ? prompts::json_of(*node.message) : Json();
    record["stop"] = stop_of(origin.reply);
    record["repairs"] = of_reply("repairs");
    record["usage"] = of_reply("usage");
    record["model"] = sampled ? Json(history.session.model) : Json();
    record["weight_version"] = sampled ? Json(history.session.model_hash) : Json();
    record["sampler"] = origin.sampler;
    return record;
}

}  // namespace

Json record_of(const History& history, const NodeRow& node) {
    const bool sampled = node.role == prompts::Role::assistant && !node.copied_from;
    return record_of(history, node, sampled ? origin_of(history, node.id) : Origin{}, sampled);
}

std::string record_lines_of(const History& history) {
    std::string lines;
    for (const auto& node : history.nodes) lines += json_line(record_of(history, node)) + "\n";
    return lines;
}

}  // namespace heddle
