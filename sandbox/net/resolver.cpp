// sandbox/net/resolver.cpp: A queue of names, a few threads that outlive their owner if they must, answers by post().
#include "sandbox/net/resolver.h"

#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace heddle::sandbox {

namespace {

namespace asio = boost::asio;

constexpr int threads_max = 4;  // a name server that hangs holds one for some 10 seconds

boost::asio::ip::address to_address(const sockaddr* from) {
    if (from->sa_family == AF_INET) {
        asio::ip::address_v4::bytes_type bytes;
        std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(from)->sin_addr, bytes.size());
        return asio::ip::address_v4(bytes);
    }
    asio::ip::address_v6::bytes_type bytes;
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(from);
    std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
    return asio::ip::address_v6(bytes, v6->sin6_scope_id);
}

}  // namespace

Resolution resolve_by_system(const std::string& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    // With the dot at its end the name is looked up as it stands, never with a search domain of this host behind it.
    const std::string absolute = name.find('.') == std::string::npos ? name : name + ".";
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(absolute.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    Resolution resolution;
    if (error != 0) resolution.problem = ::gai_strerror(error);
    for (const addrinfo* at = found; at; at = at->ai_next)
        if (at->ai_family == AF_INET || at->ai_family == AF_INET6)
            resolution.addresses.push_back(to_address(at->ai_addr));
    return resolution;
}

struct Resolver::Queue {
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<std::pair<std::uint64_t, std::string>> names;
    Resolve resolve;
    Resolver* owner = nullptr;  // null once it is gone; under the mutex
};

Resolver::Resolver(asio::io_context& loop, Resolve resolve) : loop_(loop), queue_(std::make_shared<Queue>()) {
    queue_->resolve = std::move(resolve);
    queue_->owner = this;
}

Resolver::~Resolver() {
    const std::lock_guard lock(queue_->mutex);
    queue_->owner = nullptr;
    queue_->filled.notify_all();
}

void Resolver::work(std::shared_ptr<Queue> queue) {
    std::unique_lock lock(queue->mutex);
    while (true) {
        queue->filled.wait(lock, [&] { return !queue->owner || !queue->names.empty(); });
        if (!queue->owner) return;
        auto [id, name] = std::move(queue->names.front());
        queue->names.pop_front();
        lock.unlock();
        Resolution resolution;
        try {
            resolution = queue->resolve(name);
        } catch (const std::exception& error) {
            resolution.problem = error.what();
        }
        lock.lock();
        if (Resolver* owner = queue->owner)
            asio::post(owner->loop_, [owner, place = id, answer = std::move(resolution)]() mutable {
                owner->take(place, std::move(answer));
            });
    }
}

void Resolver::take(std::uint64_t id, Resolution resolution) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;  // it came too late
    found->second->resolution = std::move(resolution);
    found->second->timer.cancel();
}

asio::awaitable<Resolution> Resolver::look_up(std::string name, std::chrono::milliseconds time_max) {
    Waiting waiting{asio::steady_timer(loop_, time_max), {{}, "the name servers did not answer in time"}};
    const std::uint64_t id = ++last_id_;
    waiting_[id] = &waiting;
    {
        const std::lock_guard lock(queue_->mutex);
        queue_->names.emplace_back(id, std::move(name));
    }
    if (threads_ < threads_max) {
        std::thread(&Resolver::work, queue_).detach();
        ++threads_;
    }
    queue_->filled.notify_one();
    boost::system::error_code ignored;  // cancelled: the answer is there
    co_await waiting.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    waiting_.erase(id);
    co_return std::move(waiting.resolution);
}

}  // namespace heddle::sandbox
