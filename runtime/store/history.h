// runtime/store/history.h: Reads what was recorded: the list of sessions, and one session's nodes and events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prompts/message.h"
#include "runtime/events.h"

namespace heddle {

class Database;

using NodeId = std::int64_t;  // unique in the store, grows with time

struct SessionRow {
    std::string id;               // UUIDv7, 36 characters
    std::int64_t created_us = 0;  // since 1970, UTC
    std::string cwd, model, model_hash, retention;
    std::string title;       // the first words of the first prompt; empty before it
    std::int64_t steps = 0;  // model calls
};

// A stretch of a node's token ids, all sampled or none.
struct Run {
    bool sampled = false;
    std::optional<bool> content;  // the message's own text; none: not known
    std::vector<TokenId> ids;
    std::vector<float> logprobs;  // one an id when sampled, else empty
    std::string text;             // bytes; may begin or end within a UTF-8 character
};

struct NodeRow {
    NodeId id = 0;
    std::optional<NodeId> parent, copied_from;
    prompts::Role role = prompts::Role::user;
    std::int64_t created_us = 0;
    std::vector<Run> runs;                    // neighbours of one kind are joined
    std::optional<prompts::Message> message;  // none: a reply that never finished

    std::vector<TokenId> ids() const;  // exactly what this node adds to the prompt
};

struct EventRow {
    std::int64_t seq = 0, at_us = 0;
    std::optional<NodeId> node;
    std::string kind;
    prompts::Json body;
};

struct History {
    SessionRow session;
    std::vector<NodeRow> nodes;    // by id: a parent before its children
    std::vector<EventRow> events;  // by seq

    const NodeRow& node(NodeId id) const;            // throws Error for a node of another session
    std::vector<NodeId> path_to(NodeId leaf) const;  // from the root
    std::optional<NodeId> leaf() const;              // the end of the branch that was written last
};

// All of these open the file for reading only, beside any writer, and throw Error when it is not a store.
std::vector<SessionRow> list_sessions(const std::filesystem::path& file);             // newest first
SessionRow find_session(const std::filesystem::path& file, std::string_view prefix);  // empty prefix: the newest
History read_session(const std::filesystem::path& file, std::string_view id);
History read_session(Database& database, std::string_view id);

}  // namespace heddle
