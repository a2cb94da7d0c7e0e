// runtime/store/trajectory.h: Writes one session's record: its tree of nodes with token ids, and its events.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prompts/message.h"
#include "runtime/events.h"
#include "runtime/model/model.h"
#include "runtime/store/history.h"

namespace heddle {

struct NewSession {
    std::string cwd, model, model_hash;  // model_hash: of the weights; may be empty
    std::string retention;               // prompts::name_of(Retention)
};

// Ids that a node adds without sampling them: rendered, or copied from a node whose context has changed.
struct Rendered {
    std::span<const TokenId> ids;
    std::string_view text;        // the same as text, with the names of control tokens
    std::optional<bool> content;  // the message's own text, or the template around it; none: mixed
};

// A message to record, the ids that it adds, and `copied_from`: the node that it repeats on a new branch. `message` is
// none for a reply that is about to be sampled: its ReplyFinished has it. What it refers to outlives the call.
struct NewNode {
    prompts::Role role = prompts::Role::user;
    std::optional<prompts::Message> message;
    std::span<const Rendered> rendered;
    std::optional<NodeId> copied_from;
};

// The one writer of a session. Blocking; one thread at a time. When a call has returned, what it was given survives a
// kill of the process at any moment. Every call throws Error when the write fails; the record is then as it was before
// the call, and the session should end.
class Trajectory {
 public:
    // Both create the database and its folders when they are missing. open() throws Error when there is no such
    // session or when another process is writing to it.
    static Trajectory create(const std::filesystem::path& file, const NewSession& session);
    static Trajectory open(const std::filesystem::path& file, std::string_view id);

    const std::string& id() const;

    // Adds messages, the first below `parent` (none: a root) and each other below the one before it: all of them or,
    // when it fails or the process is killed, none. Returns their ids in order.
    std::vector<NodeId> add_nodes(std::optional<NodeId> parent, std::span<const NewNode> nodes);
    NodeId add_node(std::optional<NodeId> parent, const NewNode& node) { return add_nodes(parent, {&node, 1}).front(); }
    void append_rendered(NodeId node, const Rendered& rendered);
    void append_sampled(NodeId node, TokenId id, float logprob, std::string_view bytes);

    // Returns the event's number, which grows over the whole store. `node` is what the event is about: the user's node
    // for TurnStarted, the reply's for its step, its end, and the calls that it made.
    std::int64_t append(const Event& event, std::optional<NodeId> node = {});

    History replay();  // everything so far

    Trajectory(Trajectory&&) noexcept;
    Trajectory& operator=(Trajectory&&) noexcept;
    ~Trajectory();  // ends with a bounded checkpoint

 private:
    struct State;
    explicit Trajectory(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace heddle
