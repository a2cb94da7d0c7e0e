// tests/engine/cpu/thread_pool_test.cpp: Tests that each task runs once, whoever calls and however many.
#include "engine/cpu/thread_pool.h"

#include <doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <thread>
#include <vector>

using namespace heddle::engine;

TEST_CASE("thread_pool: every task runs exactly once, over thousands of short runs") {
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        std::vector<std::atomic<int>> runs(97);
        for (int round = 0; round < 3000; ++round) {
            pool.run(round % 98, [&](std::int64_t task) { runs[std::size_t(task)].fetch_add(1); });
        }
        for (std::size_t task = 0; task < runs.size(); ++task) {
            int expected = 0;
            for (int round = 0; round < 3000; ++round) expected += int(task) < round % 98;
            REQUIRE(runs[task].load() == expected);
        }
    }
}

TEST_CASE("thread_pool: callers on several threads take turns") {
    ThreadPool pool(3);
    std::atomic<int> sum{0};
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int i = 0; i < 500; ++i) pool.run(7, [&](std::int64_t task) { sum.fetch_add(int(task)); });
        });
    }
    for (auto& caller : callers) caller.join();
    CHECK(sum.load() == 4 * 500 * 21);
}

TEST_CASE("thread_pool: idle workers sleep") {
    ThreadPool pool(4);
    pool.run(8, [](std::int64_t) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto cpu_us = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
               usage.ru_stime.tv_usec;
    };
    const auto before = cpu_us();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(cpu_us() - before < 100000);  // three spinning workers would burn 900,000
}
