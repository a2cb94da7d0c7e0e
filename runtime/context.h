// runtime/context.h: The conversation as nodes, each with exactly the token ids that it adds; what the model sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "prompts/chat_format.h"
#include "prompts/message.h"
#include "runtime/model/model.h"

namespace heddle {

// One message of the path from the root to the leaf.
struct ContextNode {
    prompts::Message message;
    std::vector<TokenId> ids;                 // what this message adds; the path's concatenation is the prompt
    std::size_t sampled = 0;                  // so many of the first ids were sampled on this very path
    bool reasoning_in_view = false;           // assistant: its reasoning is among the ids
    std::optional<std::int64_t> record;       // its node in the store; none: not written yet
    std::optional<std::int64_t> copied_from;  // the node in the store whose changed copy this is
};

// Ids are made once: a message is tokenised when it arrives, a reply stays the ids that the model sampled. When a
// policy drops old reasoning, it is cut at the token level: the reply loses its ids up to </think>, and the <think>
// before it becomes </think>. Such a cut starts a new branch: every node from there on is a copy with no record.
// Knows neither the store nor the model's cache; a new prompt shares with the last one whatever it shares.
class Context {
 public:
    // `codec` outlives the context.
    Context(const Codec& codec, prompts::RenderOptions options);

    // Adds messages of the system, the user and tools (all results of a reply at once) to the end. Returns how many
    // nodes are as they were: those from there on are new, or changed copies, and have no record.
    // Throws prompts::Error when the conversation cannot be rendered; the context is then as before.
    std::size_t add(const std::vector<prompts::Message>& messages);

    // Adds what the model said: the sampled ids, and the end token when the model did not come to it.
    void add_reply(const Reply& reply);

    std::vector<ContextNode>& nodes() { return nodes_; }  // the owner notes the records
    const std::vector<ContextNode>& nodes() const { return nodes_; }
    std::vector<TokenId> prompt() const;
    std::size_t tokens() const;
    const prompts::RenderOptions& options() const { return options_; }

 private:
    std::vector<std::vector<TokenId>> encode_entries(std::span<const prompts::Pieces> entries) const;
    std::size_t drop_reasoning(const std::vector<bool>& keeps, bool turn_ends);
    bool cut_reasoning(std::size_t index);

    const Codec& codec_;
    prompts::RenderOptions options_;
    std::vector<ContextNode> nodes_;
};

// How many ids two prompts share from their start: what a cache that holds one need not evaluate for the other.
std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b);

}  // namespace heddle
