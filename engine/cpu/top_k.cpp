// engine/cpu/top_k.cpp: A sample says where to look, and counting by eleven bits finds the threshold there.
#include "engine/cpu/top_k.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace heddle::engine {

namespace {

constexpr int digit_bits = 11;
constexpr std::int64_t few = 256;        // that are sooner sorted than counted
constexpr std::int64_t samples = 1024;   // that say where the threshold must be looked for
constexpr std::int64_t keys_min = 4096;  // below that looking everywhere is as fast

constexpr auto lowest_key = std::numeric_limits<std::int32_t>::min();
constexpr auto highest_key = std::numeric_limits<std::int32_t>::max();

// Of keys that agree in what stands above these eleven bits, keeps those that agree with the k-th largest in them too;
// k becomes its place among those.
std::span<std::int32_t> narrow(std::span<std::int32_t> keys, int shift, std::int64_t& k) {
    std::array<std::int64_t, 1 << digit_bits> counts{};
    const auto digit = [shift](std::int32_t key) -> std::size_t {
        return (static_cast<std::uint32_t>(key) ^ 0x80000000u) >> shift & ((1u << digit_bits) - 1);
    };
    for (const std::int32_t key : keys) ++counts[digit(key)];
    std::size_t bin = counts.size() - 1;
    for (; counts[bin] < k; --bin) k -= counts[bin];
    std::int32_t* end = keys.data();
    for (const std::int32_t key : keys) {
        *end = key;
        end += digit(key) == bin;
    }
    return {keys.data(), end};
}

// Moves the keys about and loses those that are not near it.
Threshold kth_largest(std::span<std::int32_t> keys, std::int64_t k) {
    for (const int shift : {32 - digit_bits, 32 - 2 * digit_bits}) {
        if (std::ssize(keys) > few) keys = narrow(keys, shift, k);
    }
    std::nth_element(keys.begin(), keys.begin() + (k - 1), keys.end(), std::greater<>());
    const std::int32_t key = keys[static_cast<std::size_t>(k - 1)];
    return {key, k - std::count_if(keys.begin(), keys.end(), [key](std::int32_t other) { return other > key; })};
}

// A key that the k-th largest is most likely above, and not by far: from a sample's own ranks, four deviations lower.
std::int32_t likely_below(const float* scores, std::int64_t count, std::int64_t k) {
    std::array<std::int32_t, samples> keys;
    for (std::int64_t i = 0; i < samples; ++i) {
        keys[static_cast<std::size_t>(i)] = ordered_key(scores[i * count / samples]);
    }
    const double share = double(k) * double(samples) / double(count);
    const auto rank = static_cast<std::int64_t>(share + 4 * std::sqrt(share) + 4);
    return rank < samples ? kth_largest(keys, rank).key : lowest_key;
}

}  // namespace

Threshold top_k_threshold(const SparseKernels& kernels, const float* scores, std::int64_t count, std::int64_t k) {
    thread_local std::vector<std::int32_t> room;  // keeps its size
    if (room.size() < static_cast<std::size_t>(count) + 8) room.resize(static_cast<std::size_t>(count) + 8);
    const std::int32_t low = count < keys_min || count < 4 * k ? lowest_key : likely_below(scores, count, k);
    std::int64_t found = kernels.collect(scores, count, low, highest_key, room.data());
    if (found < k) found = kernels.collect(scores, count, lowest_key, highest_key, room.data());
    return kth_largest({room.data(), static_cast<std::size_t>(found)}, k);
}

int top_k(const SparseKernels& kernels, const float* scores, std::int64_t count, int k, int* out) {
    if (count <= k) {
        std::iota(out, out + count, 0);
        return static_cast<int>(count);
    }
    const Threshold threshold = top_k_threshold(kernels, scores, count, k);
    thread_local std::vector<int> room;  // the kernel writes eight at a time: what lies behind `out` is another row's
    if (room.size() < static_cast<std::size_t>(k) + 8) room.resize(static_cast<std::size_t>(k) + 8);
    const std::int64_t taken = kernels.emit(scores, count, threshold.key, threshold.ties, room.data());
    std::copy_n(room.data(), taken, out);
    return static_cast<int>(taken);
}

}  // namespace heddle::engine
