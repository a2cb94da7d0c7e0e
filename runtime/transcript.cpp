// runtime/transcript.cpp: A recorded session as text for people, and as lines of JSON for programs.
#include "runtime/transcript.h"

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <ctime>
#include <set>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/events.h"
#include "runtime/json_line.h"
#include "runtime/terminal_text.h"

namespace heddle {

using prompts::Json;

namespace {

std::string plural(std::int64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string seconds(std::int64_t us) {
    return fmt::format("{:.2f} s", static_cast<double>(us) / 1e6);
}

// What was sampled into a node, as it was sampled.
std::string sampled_text(const NodeRow& node, std::int64_t& tokens) {
    std::string text;
    for (const auto& run : node.runs) {
        if (!run.sampled) continue;
        text += run.text;
        tokens += static_cast<std::int64_t>(run.ids.size());
    }
    return text;
}

// The nodes whose reply has an event: their message is known.
std::set<NodeId> finished_replies(const History& history) {
    std::set<NodeId> finished;
    for (const auto& event : history.events) {
        if (event.kind == "reply" && event.node) finished.insert(*event.node);
    }
    return finished;
}

bool is_partial(const EventRow& event, const std::set<NodeId>& finished) {
    return event.kind == "step_started" && event.node && !finished.contains(*event.node);
}

class Transcript {
 public:
    explicit Transcript(const History& history) : history_(history), finished_(finished_replies(history)) {}

    std::string text() {
        const auto& session = history_.session;
        heading(fmt::format("session {}", session.id));
        line(fmt::format("{}, in {}, model {}{}, retention {}", time_text(session.created_us),
                         printable_line(session.cwd), printable_line(session.model),
                         session.model_hash.empty() ? "" : " " + printable_line(session.model_hash),
                         printable_line(session.retention)));
        for (const auto& row : history_.events) {
            const auto event = event_of(row.kind, row.body);
            if (!event) {
                line(fmt::format("[{}: an event that this version does not know]", printable_line(row.kind)));
                continue;
            }
            std::visit([&](const auto& kind) { show(kind, row); }, *event);
        }
        end_turn();
        return std::move(out_);
    }

 private:
    void show(const SessionStarted&, const EventRow&) {}

    void show(const TurnStarted& event, const EventRow& row) {
        end_turn();
        in_turn_ = true;
        heading(fmt::format("user, {}", time_text(row.at_us)));
        block(event.prompt, 2);
        if (row.node) show_new_branch(*row.node);
    }

    // Earlier reasoning leaves the view when a user speaks again: the messages that held it go on as shorter copies.
    void show_new_branch(NodeId user) {
        std::vector<std::string> copies;
        for (const auto& node : history_.nodes) {
            const bool is_new = node.id > last_user_ && node.id < user;
            if (is_new && node.copied_from && node.role == prompts::Role::assistant) {
                copies.push_back(fmt::format("{} as {}", *node.copied_from, node.id));
            }
        }
        if (!copies.empty()) {
            line(fmt::format("[earlier reasoning dropped from view: message {}]", fmt::join(copies, ", ")));
        }
        last_user_ = user;
    }

    void show(const StepStarted& event, const EventRow& row) {
        heading(fmt::format("step {}: {} tokens in view, {} reused, {} evaluated", event.step, event.prompt_tokens,
                            event.reused, event.evaluated));
        if (!is_partial(row, finished_)) return;
        std::int64_t tokens = 0;
        const std::string text = sampled_text(history_.node(*row.node), tokens);
        line(fmt::format("[partial reply: it was not finished; {} on record]", plural(tokens, "token")));
        block(text, 2);
    }

    void show(const ReplyFinished& event, const EventRow&) {
        const auto& message = event.message;
        part("reasoning", message.reasoning);
        part(message.calls.empty() && event.stop == StopReason::end ? "answer" : "text", message.content);
        for (const auto& repair : event.repairs) line(fmt::format("[mended: {}]", printable_line(repair)));
        if (event.stop != StopReason::end) line(fmt::format("[reply cut off: {}]", name_of(event.stop)));
        line(fmt::format("[{} generated, prefill {}, decode {}]", plural(event.usage.generated_tokens, "token"),
                         seconds(event.usage.prefill_us), seconds(event.usage.decode_us)));
    }

    void show(const ToolStarted& event, const EventRow&) {
        line(fmt::format("call {} of {}:", printable_line(event.call_id), printable_line(event.name)));
        if (!event.arguments.is_object()) return block(json_line(event.arguments), 2);
        for (const auto& [key, value] : event.arguments.items()) {
            const std::string text = value.is_string() ? value.get<std::string>() : json_line(value);
            if (text.find('\n') == std::string::npos) {
                line(fmt::format("  {}: {}", printable_line(key), printable_line(text)));
            } else {
                line(fmt::format("  {}:", printable_line(key)));
                block(text, 4);
            }
        }
    }

    void show(const ToolCompleted& event, const EventRow&) {
        line(fmt::format("result of {}{}, {}:", printable_line(event.call_id), event.ok ? "" : " (failed)",
                         seconds(event.duration_us)));
        block(event.text, 2);
    }

    void show(const TurnCompleted& event, const EventRow&) {
        in_turn_ = false;
        line(fmt::format("[turn done: {}]", totals(event.totals)));
    }

    void show(const TurnFailed& event, const EventRow&) {
        in_turn_ = false;
        line(fmt::format("[turn ended by {}: {}; {}]", name_of(event.kind), printable_line(event.reason),
                         totals(event.totals)));
    }

    static std::string totals(const Totals& totals) {
        return fmt::format("{}, {}, {} generated, {}", plural(totals.steps, "step"), plural(totals.tool_calls, "call"),
                           plural(totals.usage.generated_tokens, "token"), seconds(totals.wall_us));
    }

    void end_turn() {
        if (in_turn_) line("[turn not ended: it runs still, or its process was killed]");
        in_turn_ = false;
    }

    void heading(const std::string& text) {
        if (!out_.empty()) out_ += '\n';
        line(text);
    }
    void line(std::string_view text) { (out_ += text) += '\n'; }
    void part(const char* name, const std::string& text) {
        if (text.empty()) return;
        line(fmt::format("{}:", name));
        block(text, 2);
    }
    void block(std::string_view text, std::size_t indent) {
        const std::string safe = printable_text(text);
        std::string_view rest = safe;
        while (!rest.empty()) {
            const auto end = std::min(rest.find('\n'), rest.size());
            line(std::string(indent, ' ').append(rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    const History& history_;
    std::set<NodeId> finished_;
    std::string out_;
    NodeId last_user_ = 0;
    bool in_turn_ = false;
};

}  // namespace

std::string time_text(std::int64_t us) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(static_cast<std::time_t>(us / 1'000'000)));
}

std::string transcript_of(const History& history) {
    return Transcript(history).text();
}

std::string event_lines_of(const History& history) {
    const auto& session = history.session;
    std::string lines = json_line({{"kind", "session"},
                                   {"id", session.id},
                                   {"created_us", session.created_us},
                                   {"cwd", session.cwd},
                                   {"model", session.model},
                                   {"model_hash", session.model_hash},
                                   {"retention", session.retention},
                                   {"title", session.title},
                                   {"steps", session.steps}}) +
                        "\n";
    const auto finished = finished_replies(history);
    for (const auto& event : history.events) {
        const Json node = event.node ? Json(*event.node) : Json();
        lines += json_line({{"kind", event.kind},
                            {"seq", event.seq},
                            {"at_us", event.at_us},
                            {"node", node},
                            {"body", event.body}}) +
                 "\n";
        if (!is_partial(event, finished)) continue;
        std::int64_t tokens = 0;
        const std::string text = sampled_text(history.node(*event.node), tokens);
        lines += json_line({{"kind", "partial_reply"},
                            {"seq", nullptr},
                            {"at_us", event.at_us},
                            {"node", node},
                            {"body", {{"tokens", tokens}, {"text", text}}}}) +
                 "\n";
    }
    return lines;
}

std::string list_line_of(const SessionRow& session) {
    return fmt::format("{}  {}  {:>9}  {}  {}", session.id, time_text(session.created_us).substr(0, 16),
                       plural(session.steps, "step"), printable_line(session.cwd), printable_line(session.title));
}

}  // namespace heddle
