// engine/cpu/top_k.cpp: A histogram finds the bin that the threshold falls into; only that bin is looked at closely.
#include "engine/cpu/top_k.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <vector>

namespace heddle::engine {

namespace {

// Unsigned numbers in the order of the floats.
std::uint32_t key_of(float score) {
    const auto bits = std::bit_cast<std::uint32_t>(score);
    return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

constexpr int bin_shift = 20;  // sign, exponent and three bits of the mantissa: 4096 bins

}  // namespace

int top_k(const float* scores, std::int64_t count, int k, int* out) {
    if (count <= k) {
        for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<int>(i);
        return static_cast<int>(count);
    }
    std::array<std::uint32_t, 1u << (32 - bin_shift)> histogram{};
    for (std::int64_t i = 0; i < count; ++i) ++histogram[key_of(scores[i]) >> bin_shift];
    std::uint32_t wanted = static_cast<std::uint32_t>(k);
    std::uint32_t bin = static_cast<std::uint32_t>(histogram.size()) - 1;
    for (; histogram[bin] < wanted; --bin) wanted -= histogram[bin];  // ends: count > k

    thread_local std::vector<std::uint32_t> candidates;  // keeps its room
    candidates.clear();
    for (std::int64_t i = 0; i < count; ++i) {
        if (const std::uint32_t key = key_of(scores[i]); key >> bin_shift == bin) candidates.push_back(key);
    }
    std::nth_element(candidates.begin(), candidates.begin() + (wanted - 1), candidates.end(), std::greater<>());
    const std::uint32_t threshold = candidates[wanted - 1];
    std::uint32_t equal_left = wanted;  // how many of those equal to the threshold are taken, lowest positions first
    for (const std::uint32_t key : candidates) equal_left -= key > threshold;

    int* const first = out;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint32_t key = key_of(scores[i]);
        if (key < threshold) continue;
        if (key == threshold && equal_left-- == 0) {
            equal_left = 0;
            continue;
        }
        *out++ = static_cast<int>(i);
    }
    return static_cast<int>(out - first);
}

}  // namespace heddle::engine
