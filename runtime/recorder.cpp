// runtime/recorder.cpp: The session's record, written on a thread of its own and awaited by the loop.
#include "runtime/recorder.h"

#include <utility>
#include <vector>

#include "runtime/blocking.h"

namespace heddle {

namespace asio = boost::asio;

namespace {

// Stretches of a rendered node that say whether they are the message's own text. Control tokens never are; all other
// tokens of a user's message are; a system message and a result mix both in one run of text.
std::vector<Rendered> stretches(const ContextNode& node, const Codec& codec, std::vector<std::string>& texts) {
    std::vector<Rendered> found;
    const std::span<const TokenId> ids(node.ids);
    const auto kind = [&](TokenId id) -> std::optional<bool> {
        if (codec.is_control(id)) return false;
        if (node.message.role == prompts::Role::user) return true;
        return std::nullopt;
    };
    texts.reserve(ids.size());  // the views into it must not move
    for (std::size_t begin = 0; begin < ids.size();) {
        std::size_t end = begin;
        std::string text;
        while (end < ids.size() && kind(ids[end]) == kind(ids[begin])) text += codec.bytes_of(ids[end++]);
        texts.push_back(std::move(text));
        found.push_back({ids.subspan(begin, end - begin), texts.back(), kind(ids[begin])});
        begin = end;
    }
    return found;
}

}  // namespace

Recorder::Recorder(Trajectory trajectory) : trajectory_(std::move(trajectory)), session_(trajectory_.id()) {}

Recorder::~Recorder() {
    thread_.join();
}

asio::awaitable<void> Recorder::add_nodes(Context& context, std::size_t first, const Codec& codec) {
    const std::span nodes = std::span(context.nodes()).subspan(first);
    if (nodes.empty()) co_return;
    const auto parent = first == 0 ? std::nullopt : context.nodes()[first - 1].record;
    const auto write = [&] {
        std::vector<std::vector<std::string>> texts(nodes.size());
        std::vector<std::vector<Rendered>> rendered;
        std::vector<NewNode> chain;
        rendered.reserve(nodes.size());  // the views into it must not move
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            rendered.push_back(stretches(nodes[i], codec, texts[i]));
            chain.push_back({nodes[i].message.role, nodes[i].message, rendered[i], nodes[i].copied_from});
        }
        return trajectory_.add_nodes(parent, chain);
    };
    const auto records = co_await run_on(thread_, write);
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i].record = records[i];
}

asio::awaitable<NodeId> Recorder::open_reply(NodeId parent) {
    const auto write = [&] { return trajectory_.add_node(parent, {prompts::Role::assistant, {}, {}, {}}); };
    co_return co_await run_on(thread_, write);
}

asio::awaitable<void> Recorder::append_sampled(NodeId node, const SampledToken& token) {
    const auto write = [&] { trajectory_.append_sampled(node, token.id, token.logprob, token.bytes); };
    co_await run_on(thread_, write);
}

asio::awaitable<void> Recorder::append_rendered(NodeId node, TokenId id, const Codec& codec) {
    const auto write = [&] { trajectory_.append_rendered(node, {std::span(&id, 1), codec.bytes_of(id), false}); };
    co_await run_on(thread_, write);
}

asio::awaitable<void> Recorder::append(const Event& event, std::optional<NodeId> node) {
    const auto write = [&] { trajectory_.append(event, node); };
    co_await run_on(thread_, write);
}

}  // namespace heddle
