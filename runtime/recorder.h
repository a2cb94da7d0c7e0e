// runtime/recorder.h: The session's record, written on a thread of its own and awaited by the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <string>

#include "runtime/context.h"
#include "runtime/events.h"
#include "runtime/store/trajectory.h"

namespace heddle {

// When an awaited call has returned, what it was given survives a kill. Throws heddle::Error when a write fails: the
// session must then end, for what is not on record does not happen.
class Recorder {
 public:
    explicit Recorder(Trajectory trajectory);
    ~Recorder();

    const std::string& session() const { return session_; }

    // Writes the nodes of the context from index `first` on, each below the one before it, all or none: a kill leaves
    // no half of a branch. Notes their records.
    boost::asio::awaitable<void> add_nodes(Context& context, std::size_t first, const Codec& codec);

    // A reply that is about to be sampled, below `parent`; then each of its tokens; then what closes it.
    boost::asio::awaitable<NodeId> open_reply(NodeId parent);
    boost::asio::awaitable<void> append_sampled(NodeId node, const SampledToken& token);
    boost::asio::awaitable<void> append_rendered(NodeId node, TokenId id, const Codec& codec);

    boost::asio::awaitable<void> append(const Event& event, std::optional<NodeId> node = {});

 private:
    Trajectory trajectory_;
    std::string session_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace heddle
