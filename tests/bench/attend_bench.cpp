// tests/bench/attend_bench.cpp: The indexer, its selection and attention, as shares of what the processor could do.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/top_k.h"
#include "engine/measure/probes.h"
#include "engine/measure/timing.h"

namespace {

using namespace heddle::engine;

constexpr int kv_lora = 512, rope = 64, width = 576, dim = 128, top_k_wanted = 2048;
constexpr int repeats = 9;

Rows rows_of(std::vector<float>& values, std::int64_t columns) {
    return {reinterpret_cast<std::byte*>(values.data()), std::int64_t(values.size()) / columns, columns, columns, 4};
}

std::vector<float> randoms(std::int64_t count) {
    static std::mt19937 random(1);
    static std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = normal(random);
    return values;
}

// A cache of one layer full of random rows.
struct House {
    CpuOps ops;
    PagePool pool;
    KvCache cache;

    House(int threads, CacheRows rows, std::int64_t length)
        : ops(best_kernels(), threads, true, rows),
          pool(ops.device(), ops.page_layout(1, kv_lora, rope, dim), length),
          cache(pool, length) {
        constexpr std::int64_t chunk = 4096;
        const auto latents = randoms(chunk * kv_lora), rope_keys = randoms(chunk * rope), keys = randoms(chunk * dim);
        for (std::int64_t done = 0; done < length; done += chunk) {
            auto latent = latents, rope_key = rope_keys, key = keys;
            std::rotate(key.begin(), key.begin() + (done / chunk * 17 + 1) % dim, key.end());
            cache.reserve(chunk);
            const Sequence sequence{cache.view(), done, 0, chunk};
            ops.store({rows_of(latent, kv_lora), rows_of(rope_key, rope), rows_of(key, dim), {&sequence, 1}, 0});
            cache.advance(std::vector<Token>(std::size_t(chunk), Token(done / chunk)));
        }
    }
};

// The median of act's share of a peak that is probed before and after each run of it; operations in all.
void report(const std::string& what, double operations, const std::function<double()>& peak,
            const std::function<void()>& act) {
    act();
    std::vector<double> times, shares;
    for (int i = 0; i < repeats; ++i) {
        const double before = peak();
        times.push_back(seconds(act));
        shares.push_back(operations / times.back() / ((before + peak()) / 2));
    }
    fmt::print("{:<52} {:>10.0f} us {:>8.1f} G/s {:>6.2f} of peak\n", what, sample_of(times).median * 1e6,
               operations / sample_of(times).median / 1e9, sample_of(shares).median);
}

void bench_indexer(House& house, Probes& probes, std::int64_t length, int heads, std::int64_t queries) {
    auto q = randoms(queries * heads * dim), weights = randoms(queries * heads);
    std::vector<float> scores(std::size_t(std::max<std::int64_t>(length, 1 << 20)));
    std::vector<int> selected(std::size_t(queries * top_k_wanted)), counts(static_cast<std::size_t>(queries));
    const Sequence sequence{house.cache.view(), length - queries, 0, queries};
    const auto act = [&] {
        auto own_q = q, own_weights = weights;
        SelectParams params;
        params.q = rows_of(own_q, std::int64_t{heads} * dim);
        params.weights = rows_of(own_weights, heads);
        params.sequences = {&sequence, 1};
        params.heads = heads;
        params.dim = dim;
        params.top_k = top_k_wanted;
        params.scores = rows_of(scores, std::int64_t(scores.size()));
        params.selected = selected.data();
        params.counts = counts.data();
        house.ops.select(params);
    };
    report(
        fmt::format("indexer and top-k, {} heads, {} keys, {} queries", heads, length, queries),
        2.0 * double(length) * heads * dim * double(queries), [&] { return probes.bytes().per_second; }, act);
}

void bench_attention(House& house, Probes& probes, const char* rows, int heads, std::int64_t length,
                     std::int64_t queries, bool dense) {
    auto q = randoms(queries * heads * width);
    std::vector<float> out(q.size());
    std::vector<int> selected, counts(std::size_t(queries), top_k_wanted);
    std::mt19937 random(2);
    for (std::int64_t t = 0; t < queries && !dense; ++t) {
        std::vector<int> all(std::size_t(length - queries));
        std::iota(all.begin(), all.end(), 0);
        std::shuffle(all.begin(), all.end(), random);
        std::sort(all.begin(), all.begin() + top_k_wanted);
        selected.insert(selected.end(), all.begin(), all.begin() + top_k_wanted);
    }
    const Sequence sequence{house.cache.view(), length - queries, 0, queries};
    AttendParams params;
    params.q = rows_of(q, std::int64_t{heads} * width);
    params.sequences = {&sequence, 1};
    params.selected = dense ? nullptr : selected.data();
    params.counts = dense ? nullptr : counts.data();
    params.heads = heads;
    params.kv_lora = kv_lora;
    params.rope = rope;
    params.row_width = width;
    params.top_k = top_k_wanted;
    params.scale = 0.1;
    params.out = rows_of(out, std::int64_t{heads} * width);
    const double attended = dense ? double(length) - double(queries - 1) / 2 : top_k_wanted;
    report(
        fmt::format("attention, {}, {} heads, {} of {} rows, {} queries", rows, heads, dense ? "all" : "2048", length,
                    queries),
        2.0 * attended * double(queries) * heads * (width + kv_lora), [&] { return probes.floats().per_second; },
        [&] { house.ops.attend(params); });
}

// What the counters of uses add to a layer of one token, with caches that hold other things, as they do in a step.
void bench_uses(House& house, std::int64_t length) {
    std::vector<int> positions(static_cast<std::size_t>(length));
    std::iota(positions.begin(), positions.end(), 0);
    std::shuffle(positions.begin(), positions.end(), std::mt19937(3));
    std::sort(positions.begin(), positions.begin() + top_k_wanted);
    std::vector<char> other(32 << 20);
    std::vector<double> times;
    for (int i = 0; i < 31; ++i) {
        std::fill(other.begin(), other.end(), char(i));
        times.push_back(seconds([&] { house.cache.view().count_uses(0, {positions.data(), top_k_wanted}); }));
    }
    fmt::print("counting 2048 uses of {:<30} {:>10.1f} us\n", length, sample_of(times).median * 1e6);
}

void bench_top_k(std::int64_t count) {
    auto scores = randoms(count);
    std::vector<int> out(top_k_wanted);
    std::vector<double> times;
    for (int i = 0; i < 31; ++i) {
        times.push_back(
            seconds([&] { top_k(*best_kernels().sparse, scores.data(), count, top_k_wanted, out.data()); }));
    }
    fmt::print("top 2048 of {:<39} {:>10.1f} us\n", count, sample_of(times).median * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
    const int threads = argc > 1 ? std::atoi(argv[1]) : ThreadPool::cores();
    Probes probes(threads);
    fmt::print("{} threads; peaks: {} {:.0f} G/s, {} {:.0f} G/s\n", threads, probes.floats().instruction,
               probes.floats().per_second / 1e9, probes.bytes().instruction, probes.bytes().per_second / 1e9);
    for (const std::int64_t count : {4096, 32768, 131072}) bench_top_k(count);
    {
        House house(threads, CacheRows::fp8, 131072);
        bench_uses(house, 32768);
        for (const int heads : {16, 64}) {
            for (const std::int64_t length : {4096, 32768, 131072}) {
                bench_indexer(house, probes, length, heads, 1);
                bench_indexer(house, probes, length, heads, 32);
            }
        }
        for (const int heads : {16, 128}) {
            bench_attention(house, probes, "fp8", heads, 32768, 1, false);
            bench_attention(house, probes, "fp8", heads, 32768, 32, false);
        }
        bench_attention(house, probes, "fp8", 16, 32768, 1, true);
        bench_attention(house, probes, "fp8", 16, 32768, 32, true);
    }
    for (const CacheRows rows : {CacheRows::bf16, CacheRows::f32}) {
        House house(threads, rows, 32768);
        bench_attention(house, probes, name_of(rows), 16, 32768, 1, false);
        bench_attention(house, probes, name_of(rows), 16, 32768, 32, false);
    }
}
