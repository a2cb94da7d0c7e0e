// engine/cpu/quick_query.cpp: Rounds queries, and adds up what rounding may do to a score.
#include "engine/cpu/quick_query.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>

namespace heddle::engine {

namespace {

constexpr double key_largest = 480;  // whatever a byte stands for
constexpr double unit = 0x1p-24;     // what rounding to float may do to a number of size one
constexpr double sums_below = 2147483647.0;

// In several sums side by side, for the compiler's sake. Of e4m3 numbers all are exact: multiples of 2^-9 below 2^15.
constexpr std::size_t ways = 8;
struct Sizes {
    double sum = 0, largest = 0;
};
Sizes sizes_of(std::span<const float> numbers) {
    float sums[ways] = {}, most[ways] = {};
    const auto add = [&](std::size_t way, float number) {
        const float size = std::fabs(number);
        sums[way] += size;
        most[way] = most[way] < size ? size : most[way];
    };
    std::size_t i = 0;
    for (; i + ways <= numbers.size(); i += ways) {
        for (std::size_t way = 0; way < ways; ++way) add(way, numbers[i + way]);
    }
    for (; i < numbers.size(); ++i) add(0, numbers[i]);
    Sizes sizes;
    for (std::size_t way = 0; way < ways; ++way) {
        sizes.sum += double(sums[way]);
        sizes.largest = std::max(sizes.largest, double(most[way]));
    }
    return sizes;
}

// Written so that a NaN is not.
bool is_within_e4m3(const Sizes& sizes) {
    return sizes.sum < 1e9 && sizes.largest <= 448;
}

// What float sums may do to a score, in the exact one over dimensions, in both over heads.
double rounding_of(const Sizes& sizes, int heads, int dim) {
    return sizes.sum * key_largest * unit * (dim + 2 * (heads + 6));
}

// The largest power of two such that no sum of products with a key leaves 31 bits, and none of the numbers 16.
int scale_of(double size_sum, double largest) {
    int scale = 1;
    while (scale < 1 << 12 && 2 * scale * (size_sum + 1) * key_largest * fixed_key_scale < sums_below &&
           2 * scale * largest < 32767) {
        scale *= 2;
    }
    return scale;
}

// Numbers times `scale` as whole ones; returns what that lost, all sizes together.
double round_to(std::span<const float> numbers, float scale, std::int16_t* out) {
    constexpr float no_fraction = 0x1.8p23f;  // added and taken away again, it leaves a whole number
    float lost[ways] = {};
    const auto round = [&](std::size_t way, std::size_t i) {
        const float whole = numbers[i] * scale + no_fraction - no_fraction;
        out[i] = static_cast<std::int16_t>(static_cast<std::int32_t>(whole));
        lost[way] += std::fabs(numbers[i] - whole / scale);
    };
    std::size_t i = 0;
    for (; i + ways <= numbers.size(); i += ways) {
        for (std::size_t way = 0; way < ways; ++way) round(way, i + way);
    }
    for (; i < numbers.size(); ++i) round(0, i);
    return std::accumulate(lost, lost + ways, 0.0);
}

// A head as whole numbers. Returns how far off its sums can be, or infinity where its numbers are too large together.
double set_whole(std::span<const float> head, const Sizes& sizes, std::int16_t* out, float& weight) {
    constexpr double half_step = 0.5 / fixed_key_scale;
    const auto dim = static_cast<double>(head.size());  // rounding adds at most half of one to each of the sizes
    if (!((sizes.sum + dim) * key_largest * fixed_key_scale < sums_below)) return HUGE_VAL;
    const int scale = scale_of(sizes.sum + dim, sizes.largest);
    const double lost = round_to(head, static_cast<float>(scale), out);
    weight /= static_cast<float>(scale * fixed_key_scale);
    return sizes.sum * half_step + lost * key_largest;
}

// A head as bf16, which e4m3 numbers fit, beside the 15 others of its group. Keys lose what of them is below the normal
// range; the instruction rounds its sum twice, perhaps towards zero.
double set_bf16(std::span<const float> head, const Sizes& sizes, std::int16_t* group_at, float& weight) {
    constexpr double below_normal = 7 * 0x1p-9;
    for (std::size_t d = 0; d < head.size(); ++d) {
        const auto bits = std::bit_cast<std::uint32_t>(head[d] * quick_query_scale);
        group_at[d / 2 * 2 * quick_heads + d % 2] = static_cast<std::int16_t>(bits >> 16);
    }
    weight /= quick_query_scale * quick_key_scale;
    return sizes.sum * (below_normal + key_largest * 2 * unit * static_cast<double>(head.size()));
}

}  // namespace

void QuickQuery::set(QuickNumbers numbers, const float* from, const float* head_weights, int heads, int dim) {
    const bool is_whole = numbers == QuickNumbers::whole;
    const int room = is_whole ? heads : (heads + quick_heads - 1) / quick_heads * quick_heads;
    q.assign(static_cast<std::size_t>(room) * static_cast<std::size_t>(dim), 0);
    weights.assign(static_cast<std::size_t>(room), 0);  // heads that are not there weigh nothing
    error = -1;
    double bound = 0;
    for (int h = 0; h < heads; ++h) {
        const std::span<const float> head(from + std::ptrdiff_t{h} * dim, static_cast<std::size_t>(dim));
        const Sizes sizes = sizes_of(head);
        if (!is_within_e4m3(sizes)) return;
        float& weight = weights[static_cast<std::size_t>(h)] = head_weights[h];
        const int group = h / quick_heads * quick_heads;
        const double off =
            is_whole ? set_whole(head, sizes, q.data() + std::ptrdiff_t{h} * dim, weight)
                     : set_bf16(head, sizes, q.data() + std::ptrdiff_t{group} * dim + 2 * (h - group), weight);
        bound += std::fabs(double(head_weights[h])) * (off + rounding_of(sizes, heads, dim));
    }
    if (bound < 1e30) error = static_cast<float>(bound * 1.01);
}

}  // namespace heddle::engine
