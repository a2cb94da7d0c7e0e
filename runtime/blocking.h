// runtime/blocking.h: Runs what blocks on a thread of its own, and waits for it without blocking the loop.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace heddle {

template <typename Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> run_here(Work work) {
    co_return work();
}

// Runs `work` on the pool's thread; its result or exception comes home to the caller's executor. What `work` refers to
// must outlive the wait.
template <typename Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> run_on(boost::asio::thread_pool& pool, Work work) {
    return boost::asio::co_spawn(pool.get_executor(), run_here(std::move(work)), boost::asio::use_awaitable);
}

}  // namespace heddle
