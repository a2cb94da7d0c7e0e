// engine/measure/probes.cpp: Reads a block that no cache holds, and runs bare instructions in registers.
#include "engine/measure/probes.h"

#include <cstdint>
#include <cstring>

#include "engine/measure/peak_loops.h"
#include "engine/measure/timing.h"

namespace heddle::engine {

namespace {

constexpr std::size_t memory_bytes = std::size_t{1} << 30;  // 32 times the largest cache of common processors
constexpr std::int64_t piece_bytes = std::int64_t{2} << 20;
constexpr std::int64_t pieces = std::int64_t{memory_bytes} / piece_bytes;

// Four sums, so that no addition waits for the one before it.
std::uint64_t sum_of(const std::byte* data, std::int64_t bytes) {
    std::uint64_t sums[4] = {};
    for (std::int64_t at = 0; at < bytes; at += 32) {
        std::uint64_t values[4];
        std::memcpy(values, data + at, sizeof values);
        for (int i = 0; i < 4; ++i) sums[i] += values[i];
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

Peak measure(ThreadPool& pool, const PeakLoop& loop) {
    constexpr std::int64_t steps = 20'000;
    const std::int64_t tasks = std::int64_t{16} * pool.threads();  // small, so that a slow core does not set the pace
    const double took = seconds([&] { pool.run(tasks, [&](std::int64_t) { loop.run(steps); }); });
    return {loop.instruction, static_cast<double>(tasks * steps) * loop.operations / took};
}

}  // namespace

Probes::Probes(int threads) : pool_(threads > 0 ? threads : ThreadPool::cores()), memory_(host_device(), memory_bytes) {
    pool_.run(pieces, [&](std::int64_t piece) {
        std::memset(memory_.data() + piece * piece_bytes, static_cast<int>(piece), piece_bytes);
    });
}

double Probes::read_bytes_per_second() {
    std::atomic<std::uint64_t> sum{0};  // somebody has to want the result
    const double took = seconds([&] {
        pool_.run(pieces,
                  [&](std::int64_t piece) { sum += sum_of(memory_.data() + piece * piece_bytes, piece_bytes); });
    });
    return static_cast<double>(memory_bytes) / took;
}

Peak Probes::floats() {
    return measure(pool_, float_peak_loop());
}
Peak Probes::bytes() {
    return measure(pool_, byte_peak_loop());
}

double Probes::round_seconds() {
    constexpr int rounds = 2000;
    const std::int64_t tasks = pool_.threads();
    return seconds([&] {
               for (int i = 0; i < rounds; ++i) pool_.run(tasks, [](std::int64_t) {});
           }) /
           rounds;
}

}  // namespace heddle::engine
