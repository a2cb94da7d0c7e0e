// sandbox/net/resolver.h: Looks names up on threads of its own, so that the proxy's thread never waits for a name
// server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heddle::sandbox {

struct Resolution {
    std::vector<boost::asio::ip::address> addresses;
    std::string problem;  // why there are none
};

// Blocks; is called from several threads at once, and may still be running when the proxy is gone.
using Resolve = std::function<Resolution(const std::string& name)>;

Resolution resolve_by_system(const std::string& name);  // getaddrinfo

class Resolver {
 public:
    Resolver(boost::asio::io_context& loop, Resolve resolve);
    ~Resolver();  // waits for nothing: getaddrinfo cannot be interrupted, and a thread in it ends by itself

    // To be awaited on the loop's thread. After `time_max` the answer is that there was none.
    boost::asio::awaitable<Resolution> look_up(std::string name, std::chrono::milliseconds time_max);

 private:
    struct Queue;
    struct Waiting {
        boost::asio::steady_timer timer;
        Resolution resolution;
    };
    static void work(std::shared_ptr<Queue> queue);
    void take(std::uint64_t id, Resolution resolution);

    boost::asio::io_context& loop_;
    std::shared_ptr<Queue> queue_;  // shared with the threads
    std::map<std::uint64_t, Waiting*> waiting_;
    std::uint64_t last_id_ = 0;
    int threads_ = 0;
};

}  // namespace heddle::sandbox
