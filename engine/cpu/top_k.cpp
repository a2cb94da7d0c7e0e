// engine/cpu/top_k.cpp: A sample says where to look, and counting by eleven bits finds the threshold there.
#include "engine/cpu/top_k.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace heddle::engine {

namespace {

constexpr int digit_bits = 11;
constexpr std::int64_t few = 256;           // that are sooner sorted than counted
constexpr std::int64_t samples = 1024;      // that say where the threshold must be looked for
constexpr std::int64_t counted_min = 4096;  // below that looking everywhere is as fast
constexpr float lowest = -std::numeric_limits<float>::infinity();

// Whole numbers in the order of the floats; -0 and 0 are one. A NaN is the largest or the smallest by its sign.
std::int32_t ordered_key(float score) {
    const auto bits = std::bit_cast<std::int32_t>(score + 0.0f);
    return bits ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(bits >> 31) >> 1);
}

float score_of(std::int32_t key) {
    return std::bit_cast<float>(key ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(key >> 31) >> 1));
}

// What is in a selection: all above the threshold, and the first `ties` that equal it.
struct Threshold {
    std::int32_t key;
    std::int64_t ties;
};

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

// Of keys, which it moves about, losing those that are not near it.
Threshold kth_largest(std::span<std::int32_t> keys, std::int64_t k) {
    for (const int shift : {32 - digit_bits, 32 - 2 * digit_bits}) {
        if (std::ssize(keys) > few) keys = narrow(keys, shift, k);
    }
    std::nth_element(keys.begin(), keys.begin() + (k - 1), keys.end(), std::greater<>());
    const std::int32_t key = keys[static_cast<std::size_t>(k - 1)];
    return {key, k - std::count_if(keys.begin(), keys.end(), [key](std::int32_t other) { return other > key; })};
}

// Spread evenly, but with no step of its own: what stands in a text again and again, at equal distances, is not what is
// sampled alone. Multiples of the golden ratio have that, their whole parts dropped.
std::int64_t sample_at(std::int64_t i, std::int64_t count) {
    const auto fraction = static_cast<std::uint32_t>(i) * 0x9e3779b9u;
    return static_cast<std::int64_t>(fraction * static_cast<std::uint64_t>(count) >> 32);
}

// A score that the k-th largest is most likely not below, and not above by far, from a sample's ranks, four deviations
// lower; it may be minus infinity.
float likely_below(const float* scores, std::int64_t count, std::int64_t k) {
    if (count < counted_min || count < 4 * k) return lowest;
    std::array<std::int32_t, samples> keys;
    for (std::int64_t i = 0; i < samples; ++i) {
        keys[static_cast<std::size_t>(i)] = ordered_key(scores[sample_at(i, count)]);
    }
    const double share = double(k) * double(samples) / double(count);
    const auto rank = static_cast<std::int64_t>(share + 4 * std::sqrt(share) + 4);
    if (rank >= samples) return lowest;
    const float low = score_of(kth_largest(keys, rank).key);
    return std::isnan(low) ? lowest : low;
}

struct Room {
    std::vector<int> positions;
    std::vector<std::int32_t> keys, sifted;
};

// The calling thread's own, which keeps its size: what may be among the k largest, and the threshold.
Threshold sift(const SparseKernels& kernels, const float* scores, std::int64_t count, std::int64_t k, Room*& own) {
    thread_local Room room;
    own = &room;
    const auto size = static_cast<std::size_t>(count) + 8;
    if (room.positions.size() < size) {
        room.positions.resize(size);
        room.keys.resize(size);
        room.sifted.resize(size);
    }
    std::int64_t found = kernels.collect(scores, count, likely_below(scores, count, k), room.positions.data());
    if (found < k) found = kernels.collect(scores, count, lowest, room.positions.data());  // the sample was misleading
    for (std::int64_t i = 0; i < found; ++i) {
        const auto index = static_cast<std::size_t>(i);
        room.sifted[index] = room.keys[index] = ordered_key(scores[room.positions[index]]);
    }
    return kth_largest({room.sifted.data(), static_cast<std::size_t>(found)}, k);
}

}  // namespace

int top_k(const SparseKernels& kernels, const float* scores, std::int64_t count, int k, int* out) {
    if (count <= k) {
        std::iota(out, out + count, 0);
        return static_cast<int>(count);
    }
    Room* room = nullptr;
    Threshold threshold = sift(kernels, scores, count, k, room);
    const int* const end = out + k;
    for (std::size_t i = 0; out < end; ++i) {
        const bool is_tie = room->keys[i] == threshold.key && threshold.ties > 0;
        threshold.ties -= is_tie;
        *out = room->positions[i];
        out += room->keys[i] > threshold.key || is_tie;
    }
    return k;
}

}  // namespace heddle::engine
