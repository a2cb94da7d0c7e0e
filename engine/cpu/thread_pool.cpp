// engine/cpu/thread_pool.cpp: One counter hands out tasks; its upper half keeps latecomers from the next round's.
#include "engine/cpu/thread_pool.h"

#include <immintrin.h>
#include <sched.h>

#include <algorithm>
#include <chrono>

#include "engine/error.h"

namespace heddle::engine {

namespace {

using Clock = std::chrono::steady_clock;

// Longer than the serial gaps within a token, so that nobody sleeps there; a core is not burnt longer.
constexpr auto spin_max = std::chrono::microseconds(20);
constexpr int looks_between_times = 16;  // to read the clock costs about as much

// True as soon as the condition holds; false when it did not within the spin.
template <class Condition>
bool spin_until(const Condition& holds) {
    if (holds()) return true;
    const Clock::time_point end = Clock::now() + spin_max;
    do {
        for (int i = 0; i < looks_between_times; ++i) {
            _mm_pause();
            if (holds()) return true;
        }
    } while (Clock::now() < end);
    return false;
}

// The cores that this process may use.
std::vector<int> cores_allowed() {
    cpu_set_t set;
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return cores;
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
}

// A refusal is no loss: the thread runs wherever the kernel puts it.
void stay_on(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    (void)::sched_setaffinity(0, sizeof set, &set);
}

constexpr int any_core = -1;

}  // namespace

ThreadPool::ThreadPool(int threads) {
    ENGINE_CHECK(threads >= 1);
    const std::vector<int> cores = cores_allowed();
    const bool each_has_one = static_cast<std::size_t>(threads) <= cores.size();
    for (int i = 1; i < threads; ++i) {
        const int core = each_has_one ? cores[static_cast<std::size_t>(i)] : any_core;
        workers_.emplace_back([this, core] { serve(core); });
    }
}

ThreadPool::~ThreadPool() {
    stop_.store(true);
    round_.fetch_add(1);
    round_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

int ThreadPool::cores() {
    return std::max(static_cast<int>(cores_allowed().size()), 1);
}

void ThreadPool::run_erased(std::int64_t tasks, Function function, const void* context) {
    ENGINE_CHECK(tasks >= 0 && tasks < (std::int64_t{1} << 32));
    if (tasks == 0) return;
    const std::lock_guard turn(turn_);
    if (workers_.empty() || tasks == 1) {
        for (std::int64_t task = 0; task < tasks; ++task) function(context, task);
        return;
    }
    function_ = function;
    context_ = context;
    undone_.store(static_cast<std::uint32_t>(tasks), std::memory_order_relaxed);
    const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
    tickets_.store(std::uint64_t{round} << 32 | static_cast<std::uint64_t>(tasks), std::memory_order_release);
    round_.store(round, std::memory_order_release);
    round_.notify_all();
    work_on(round);
    const auto is_done = [this] { return undone_.load(std::memory_order_acquire) == 0; };
    if (spin_until(is_done)) return;
    for (std::uint32_t left = undone_.load(std::memory_order_acquire); left != 0;
         left = undone_.load(std::memory_order_acquire)) {
        undone_.wait(left, std::memory_order_acquire);
    }
}

// A ticket is only taken from the round that one came for. While a taken task is not done, its round cannot end, so
// function_ and context_ stay what they are.
void ThreadPool::work_on(std::uint32_t round) {
    std::uint64_t tickets = tickets_.load(std::memory_order_acquire);
    while (tickets >> 32 == round && (tickets & 0xffffffffu) != 0) {
        if (!tickets_.compare_exchange_weak(tickets, tickets - 1, std::memory_order_acq_rel)) continue;
        function_(context_, static_cast<std::int64_t>(tickets & 0xffffffffu) - 1);
        if (undone_.fetch_sub(1, std::memory_order_acq_rel) == 1) undone_.notify_all();
        tickets = tickets_.load(std::memory_order_acquire);
    }
}

void ThreadPool::serve(int core) {
    if (core != any_core) stay_on(core);
    std::uint32_t seen = 0;
    while (true) {
        const auto is_new = [&] { return round_.load(std::memory_order_acquire) != seen; };
        if (!spin_until(is_new)) round_.wait(seen, std::memory_order_acquire);
        if (stop_.load()) return;
        seen = round_.load(std::memory_order_acquire);
        work_on(seen);
    }
}

}  // namespace heddle::engine
