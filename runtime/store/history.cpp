// runtime/store/history.cpp: Reads what was recorded: the list of sessions, and one session's nodes and events.
#include "runtime/store/history.h"

#include <fmt/core.h>

#include <algorithm>

#include "prompts/error.h"
#include "prompts/message_json.h"
#include "runtime/error.h"
#include "runtime/store/blobs.h"
#include "runtime/store/database.h"
#include "runtime/store/format.h"

namespace heddle {

namespace fs = std::filesystem;
using prompts::Json;

namespace {

constexpr const char* session_columns =
    "select s.id, s.created_us, s.cwd, s.model, s.model_hash, s.retention, s.title, "
    "(select count(*) from event e where e.session = s.number and e.kind = 'step_started'), s.number from session s ";

SessionRow session_of(const Row& row) {
    return {row.text(0), row.integer(1), row.text(2), row.text(3),
            row.text(4), row.text(5),    row.text(6), row.integer(7)};
}

Json parsed(const std::string& text, std::string_view what) {
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) {
        throw Error(fmt::format("cannot read {}: {}; the store is damaged", what, error.what()));
    }
}

prompts::Message message_of(const Json& json, std::string_view what) {
    try {
        return prompts::message_of(json);
    } catch (const prompts::Error& error) {
        throw Error(fmt::format("cannot read {}: {}; the store is damaged", what, error.what()));
    }
}

std::unique_ptr<Database> open_to_read(const fs::path& file) {
    auto database = std::make_unique<Database>(file, Database::Access::read);
    require_kind(*database, store_format());
    return database;
}

std::vector<NodeRow> read_nodes(Database& database, std::int64_t session) {
    Statement select(
        database, "read the messages",
        "select id, parent, copied_from, role, created_us, message from node where session = ?1 order by id");
    std::vector<NodeRow> nodes;
    for (Row row = select.run(session); row.next();) {
        NodeRow node;
        node.id = row.integer(0);
        node.parent = row.optional_integer(1);
        node.copied_from = row.optional_integer(2);
        node.role = message_of({{"role", row.text(3)}}, "a message").role;
        node.created_us = row.integer(4);
        const auto what = fmt::format("message {}", node.id);
        if (!row.is_null(5)) node.message = message_of(parsed(row.text(5), what), what);
        nodes.push_back(std::move(node));
    }
    return nodes;
}

void read_runs(Database& database, NodeRow& node, Statement& select) {
    for (Row row = select.run(node.id); row.next();) {
        const bool sampled = row.integer(0) != 0;
        std::optional<bool> content;
        if (!row.is_null(1)) content = row.integer(1) != 0;
        if (node.runs.empty() || node.runs.back().sampled != sampled || node.runs.back().content != content) {
            node.runs.push_back({sampled, content, {}, {}, {}});
        }
        Run& run = node.runs.back();
        append_numbers(run.ids, row.blob(2));
        append_numbers(run.logprobs, row.blob(3));
        run.text += row.text(4);
        if (run.logprobs.size() != (sampled ? run.ids.size() : 0)) {
            database.fail("read the tokens", 11);  // SQLITE_CORRUPT: the schema does not let this in
        }
    }
}

std::vector<EventRow> read_events(Database& database, std::int64_t session) {
    Statement select(database, "read the events",
                     "select seq, at_us, node, kind, body from event where session = ?1 order by seq");
    std::vector<EventRow> events;
    for (Row row = select.run(session); row.next();) {
        const auto seq = row.integer(0);
        events.push_back({seq, row.integer(1), row.optional_integer(2), row.text(3),
                          parsed(row.text(4), fmt::format("event {}", seq))});
    }
    return events;
}

}  // namespace

std::vector<TokenId> NodeRow::ids() const {
    std::vector<TokenId> all;
    for (const auto& run : runs) all.insert(all.end(), run.ids.begin(), run.ids.end());
    return all;
}

const NodeRow& History::node(NodeId id) const {
    const auto found = std::ranges::lower_bound(nodes, id, {}, &NodeRow::id);
    if (found == nodes.end() || found->id != id) {
        throw Error(fmt::format("cannot read message {}: session {} has no such message", id, session.id));
    }
    return *found;
}

std::vector<NodeId> History::path_to(NodeId leaf) const {
    std::vector<NodeId> path;
    for (std::optional<NodeId> at = leaf; at; at = node(*at).parent) path.push_back(*at);
    std::ranges::reverse(path);
    return path;
}

std::optional<NodeId> History::leaf() const {
    if (nodes.empty()) return std::nullopt;
    return nodes.back().id;
}

std::vector<SessionRow> list_sessions(const fs::path& file) {
    if (!fs::exists(file)) return {};
    const auto database = open_to_read(file);
    const auto sql = fmt::format("{} order by s.number desc", session_columns);
    Statement select(*database, "list the sessions", sql.c_str());
    std::vector<SessionRow> sessions;
    for (Row row = select.run(); row.next();) sessions.push_back(session_of(row));
    return sessions;
}

SessionRow find_session(const fs::path& file, std::string_view prefix) {
    if (!fs::exists(file))
        throw Error(fmt::format("cannot find a session: there is no store at {} yet", file.string()));
    const auto database = open_to_read(file);
    // Ids are hexadecimal digits and dashes, so that every id with this prefix sorts before the prefix and a 'g'.
    const auto sql =
        fmt::format("{} where s.id >= ?1 and s.id < ?1 || 'g' order by s.number desc limit 2", session_columns);
    Statement select(*database, "find the session", sql.c_str());
    Row row = select.run(prefix);
    if (!row.next()) {
        if (prefix.empty()) throw Error(fmt::format("cannot find a session: {} has none yet", file.string()));
        throw Error(fmt::format("cannot find a session whose id begins with {} in {}; `heddle log list` shows them",
                                prefix, file.string()));
    }
    SessionRow found = session_of(row);
    if (!prefix.empty() && row.next()) {
        throw Error(fmt::format("cannot tell which session begins with {}: {} and {} do, at least; give more of the id",
                                prefix, found.id, row.text(0)));
    }
    return found;
}

History read_session(const fs::path& file, std::string_view id) {
    if (!fs::exists(file))
        throw Error(fmt::format("cannot read session {}: there is no store at {}", id, file.string()));
    return read_session(*open_to_read(file), id);
}

History read_session(Database& database, std::string_view id) {
    Transaction moment(database, "read the session", Transaction::Kind::read);
    History history;
    const auto sql = fmt::format("{} where s.id = ?1", session_columns);
    Statement select(database, "find the session", sql.c_str());
    std::int64_t number = 0;
    {
        Row row = select.run(id);
        if (!row.next())
            throw Error(fmt::format("cannot read session {}: {} has no such session", id, database.file().string()));
        history.session = session_of(row);
        number = row.integer(8);
    }
    history.nodes = read_nodes(database, number);
    Statement runs(database, "read the tokens",
                   "select sampled, content, ids, logprobs, text from run where node = ?1 order by place");
    for (auto& node : history.nodes) read_runs(database, node, runs);
    history.events = read_events(database, number);
    moment.commit();
    // A reply's message stands in its event: the node was made before the first token was sampled.
    for (const auto& event : history.events) {
        if (event.kind != "reply" || !event.node) continue;
        const auto at = std::ranges::lower_bound(history.nodes, *event.node, {}, &NodeRow::id);
        if (at != history.nodes.end() && at->id == *event.node) {
            at->message = std::get<ReplyFinished>(*event_of(event.kind, event.body)).message;
        }
    }
    return history;
}

}  // namespace heddle
