// engine/cpu/thread_pool.h: Threads that share out the tasks of one kernel, spin briefly between two, then sleep.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace heddle::engine {

// The caller works too. Tasks are handed out one by one, so that a thread which lost its core to somebody else slows
// nobody but its own task down. Several callers take turns. Tasks must not throw, nor start a run of their own. A run
// allocates nothing.
//
// Workers stay on a core each while there are enough: one that is moved finds its cache cold. The first core is left to
// the caller, who is not ours to tie down.
class ThreadPool {
 public:
    explicit ThreadPool(int threads);  // at least 1; 1 starts none
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int threads() const { return static_cast<int>(workers_.size()) + 1; }

    // Calls work(task) once for each task in [0, tasks), the last ones first; returns when all are done.
    template <class Work>
    void run(std::int64_t tasks, const Work& work) {
        run_erased(
            tasks, [](const void* context, std::int64_t task) { (*static_cast<const Work*>(context))(task); }, &work);
    }

    static int cores();  // that this process may use

 private:
    using Function = void (*)(const void*, std::int64_t);
    void run_erased(std::int64_t tasks, Function function, const void* context);
    void serve(int core);
    void work_on(std::uint32_t round);

    std::mutex turn_;  // held during a run
    Function function_ = nullptr;
    const void* context_ = nullptr;
    alignas(64) std::atomic<std::uint64_t> tickets_{0};  // round in the upper half, tasks not yet taken in the lower
    alignas(64) std::atomic<std::uint32_t> undone_{0};
    alignas(64) std::atomic<std::uint32_t> round_{0};  // what sleepers wait on
    std::atomic<bool> stop_{false};
    std::vector<std::thread> workers_;
};

}  // namespace heddle::engine
