// runtime/context.cpp: The conversation as nodes, each with exactly the token ids that it adds; what the model sees.
#include "runtime/context.h"

#include <fmt/core.h>

#include <algorithm>

#include "prompts/error.h"
#include "prompts/retention.h"

namespace heddle {

using prompts::Message;
using prompts::Piece;
using prompts::Role;

Context::Context(const Codec& codec, prompts::RenderOptions options) : codec_(codec), options_(options) {}

std::size_t Context::add(const std::vector<Message>& messages) {
    std::vector<Message> all;
    for (const auto& node : nodes_) all.push_back(node.message);
    all.insert(all.end(), messages.begin(), messages.end());

    const std::size_t before = nodes_.size();
    const auto entries = prompts::render(all, options_);
    auto ids = encode_entries(std::span(entries).subspan(before));
    const auto keeps = prompts::keeps_reasoning(all, options_.retention);

    const bool turn_ends = !messages.empty() && messages.front().role == Role::user;
    const std::size_t kept = drop_reasoning(keeps, turn_ends);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        ContextNode node;
        node.message = messages[i];
        node.ids = std::move(ids[i]);
        nodes_.push_back(std::move(node));
    }
    return kept;
}

void Context::add_reply(const Reply& reply) {
    ContextNode node;
    node.message = reply.message;
    node.ids = reply.tokens;
    node.sampled = node.ids.size();
    if (node.ids.empty() || node.ids.back() != codec_.end) node.ids.push_back(codec_.end);
    node.reasoning_in_view = options_.thinking;
    nodes_.push_back(std::move(node));
}

std::vector<TokenId> Context::prompt() const {
    std::vector<TokenId> ids;
    ids.reserve(tokens());
    for (const auto& node : nodes_) ids.insert(ids.end(), node.ids.begin(), node.ids.end());
    return ids;
}

std::size_t Context::tokens() const {
    std::size_t count = 0;
    for (const auto& node : nodes_) count += node.ids.size();
    return count;
}

// A run of text is tokenised as a whole, also where it spans messages; a token that spans two belongs to the first.
std::vector<std::vector<TokenId>> Context::encode_entries(std::span<const prompts::Pieces> entries) const {
    prompts::Pieces all;
    std::vector<std::size_t> ends;  // of each entry, in bytes of the whole
    std::size_t bytes = 0;
    for (const auto& entry : entries) {
        for (const auto& piece : entry) {
            bytes += piece.text.size();
            all.push_back(piece);
        }
        ends.push_back(bytes);
    }
    std::vector<std::vector<TokenId>> ids(entries.size());
    std::size_t at = 0, entry = 0;
    for (const TokenId id : codec_.encode(all)) {
        while (entry < ends.size() && at >= ends[entry]) ++entry;
        if (entry == ends.size()) throw prompts::Error("tokenising a message gave more bytes than it has");
        ids[entry].push_back(id);
        at += codec_.bytes_of(id).size();
    }
    if (at != bytes) {
        throw prompts::Error(
            fmt::format("tokenising a message of {} bytes gave tokens of {} bytes; the model's tokenizer does not keep "
                        "text as it is",
                        bytes, at));
    }
    return ids;
}

// Cuts what the policy no longer keeps, and makes every node from the first change on a copy without a record.
// A turn that ended before the model said anything has left a <think> open: it is closed at once.
std::size_t Context::drop_reasoning(const std::vector<bool>& keeps, bool turn_ends) {
    std::size_t first = nodes_.size();
    if (turn_ends && !nodes_.empty() && !nodes_.back().ids.empty() && nodes_.back().ids.back() == codec_.think) {
        nodes_.back().ids.back() = codec_.think_end;
        first = nodes_.size() - 1;
    }
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
        if (!nodes_[i].reasoning_in_view || keeps[i]) continue;
        if (cut_reasoning(i)) first = std::min(first, i - 1);
    }
    for (std::size_t i = first; i < nodes_.size(); ++i) {
        auto& node = nodes_[i];
        node.sampled = 0;  // the model did not say this after what now stands before it
        if (node.record) node.copied_from = node.record;
        node.record.reset();
    }
    return first;
}

// False, and nothing changed, for a reply that went from its reasoning into calls without closing it: where the calls
// begin is then a matter of text, and a result must not lose its call.
bool Context::cut_reasoning(std::size_t index) {
    auto& reply = nodes_[index];
    auto& opening = nodes_[index - 1].ids;
    if (opening.empty() || opening.back() != codec_.think) return false;
    auto close = std::find(reply.ids.begin(), reply.ids.end(), codec_.think_end);
    if (close == reply.ids.end()) {
        if (!reply.message.calls.empty() || !reply.message.content.empty()) return false;
        reply.ids = {codec_.end};
    } else {
        reply.ids.erase(reply.ids.begin(), close + 1);
    }
    opening.back() = codec_.think_end;
    reply.message.reasoning.clear();
    reply.reasoning_in_view = false;
    return true;
}

std::size_t common_prefix(std::span<const TokenId> a, std::span<const TokenId> b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace heddle
