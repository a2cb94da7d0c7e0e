// engine/cpu/top_k.h: The positions of the largest scores, ties to the lower position, ascending.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// Whole numbers in the order of the floats; -0 and 0 are one. A NaN is the largest or the smallest by its sign.
inline std::int32_t ordered_key(float score) {
    const auto bits = std::bit_cast<std::int32_t>(score + 0.0f);
    return bits ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(bits >> 31) >> 1);
}

inline float score_of(std::int32_t key) {
    return std::bit_cast<float>(key ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(key >> 31) >> 1));
}

// What is in a selection of the k largest, 0 < k <= their count: all above the threshold, and the first `ties` that
// equal it.
struct Threshold {
    std::int32_t key;
    std::int64_t ties;
};
// Of keys as ordered_key() makes them, which it moves about, losing those that are not near it.
Threshold kth_largest(std::span<std::int32_t> keys, std::int64_t k);

// A score that the k-th largest is most likely not below, and not above by far; it may be minus infinity.
float likely_below(const float* scores, std::int64_t count, std::int64_t k);

// Writes min(k, count) positions to `out` and returns how many.
int top_k(const SparseKernels& kernels, const float* scores, std::int64_t count, int k, int* out);

}  // namespace heddle::engine
