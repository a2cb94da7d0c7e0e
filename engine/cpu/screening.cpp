// engine/cpu/screening.cpp: The bound on quick scores, and the selection that it leaves to exact ones.
#include "engine/cpu/screening.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

constexpr float key_largest = 480;  // whatever a byte stands for
constexpr float half_step = 0.5f / fixed_key_scale;
constexpr float unit = 0x1p-24f;                      // what rounding to float may do to a number of size one
constexpr std::int64_t scales_ahead = 8 * key_block;  // whose scales are on their way
constexpr double sums_below = 2147483647.0;

// The largest power of two such that no sum of products with a key leaves 31 bits, and none of the numbers 16.
int scale_of(double size_sum, double largest) {
    int scale = 1;
    while (scale < 1 << 12 && 2 * scale * (size_sum + 1) * key_largest * fixed_key_scale < sums_below &&
           2 * scale * largest < 32767) {
        scale *= 2;
    }
    return scale;
}

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

struct Room {
    std::vector<int> candidates, sure, doubtful, positions;
    std::vector<float> highest, exact;

    // For `count` keys, and the 8 more that SparseKernels::collect wants.
    void resize(std::size_t count) {
        for (auto* list : {&candidates, &sure, &doubtful}) list->resize(std::max(list->size(), count + 8));
        highest.resize(std::max(highest.size(), count + 8));
    }
};

Room& room() {
    thread_local Room own;  // keeps its size
    return own;
}

void prefetch_scales(const float* scales) {
    for (int i = 0; i < key_block; i += 16) __builtin_prefetch(scales + i);
}

// Adds to the candidates those keys of a page whose upper bound is not below `least`; returns how many there are now.
// The page's largest scale says quickly which ones cannot be, which are most of them. A scale that is no number is the
// largest here, and then all of the page are looked at.
std::size_t collect_page(const SparseKernels& kernels, std::span<const float> lowest, float error, const float* scales,
                         float least, int first, Room& own, std::size_t candidates) {
    const auto count = std::min<std::size_t>(lowest.size(), key_block);
    std::int32_t largest = 0;
    for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::bit_cast<std::int32_t>(scales[i]));
    const float below = least - std::fabs(least) * 1e-6f - 2.001f * error * std::bit_cast<float>(largest);
    int near[key_block + 8];
    const std::int64_t found = kernels.collect(lowest.data(), static_cast<std::int64_t>(count), below, near);
    for (std::int64_t i = 0; i < found; ++i) {
        const int lane = near[i];
        const float highest = lowest[static_cast<std::size_t>(lane)] + 2 * error * scales[lane];
        own.candidates[candidates] = first + lane;
        own.highest[candidates] = highest;
        candidates += !(highest < least);
    }
    return candidates;
}

}  // namespace

void FixedQuery::set(const float* from, const float* head_weights, int heads, int dim) {
    q.resize(static_cast<std::size_t>(heads) * static_cast<std::size_t>(dim));
    weights.resize(static_cast<std::size_t>(heads));
    error = -1;
    double bound = 0;
    for (int h = 0; h < heads; ++h) {
        const std::span<const float> head(from + std::ptrdiff_t{h} * dim, static_cast<std::size_t>(dim));
        const Sizes sizes = sizes_of(head);
        // Written so that a NaN fails it. Rounding adds at most half of one to each of the sizes.
        if (!((sizes.sum + dim) * key_largest * fixed_key_scale < sums_below && sizes.largest <= 448)) return;
        const int scale = scale_of(sizes.sum + dim, sizes.largest);
        const double lost = round_to(head, static_cast<float>(scale), q.data() + std::ptrdiff_t{h} * dim);
        weights[static_cast<std::size_t>(h)] = head_weights[h] / static_cast<float>(scale * fixed_key_scale);
        // What the keys lose, what the query loses, and what the float sums of both ways may: over dimensions in the
        // exact one, over heads in both.
        const double rounding = sizes.sum * key_largest * double(unit) * (dim + 2 * (heads + 6));
        bound += std::fabs(double(head_weights[h])) * (sizes.sum * half_step + lost * key_largest + rounding);
    }
    if (bound < 1e30) error = static_cast<float>(bound * 1.01);
}

bool choose_screened(const SparseKernels& kernels, std::span<const float> lowest, float error,
                     const std::function<const float*(std::int64_t page)>& scales, int k, const ExactScores& exact,
                     int* selected) {
    Room& own = room();
    own.resize(lowest.size());
    const auto count = static_cast<std::int64_t>(lowest.size());
    // k keys are at least as good as this: whose upper bound is lower is out.
    const float least = score_of(top_k_threshold(kernels, lowest.data(), count, k).key);
    std::size_t candidates = 0;
    for (std::int64_t first = 0; first < count; first += key_block) {
        if (first + scales_ahead < count) prefetch_scales(scales((first + scales_ahead) / key_block));
        candidates = collect_page(kernels, lowest.subspan(static_cast<std::size_t>(first)), error,
                                  scales(first / key_block), least, static_cast<int>(first), own, candidates);
    }
    // Of those, at most k reach beyond the k + 1st upper bound: whose lower bound does, is in.
    float next = -std::numeric_limits<float>::infinity();
    if (std::cmp_greater(candidates, k)) {
        next = score_of(top_k_threshold(kernels, own.highest.data(), std::int64_t(candidates), k + 1).key);
    }
    std::size_t sure = 0, doubts = 0;
    for (std::size_t i = 0; i < candidates; ++i) {
        const int position = own.candidates[i];
        const bool is_in = lowest[static_cast<std::size_t>(position)] > next;
        own.sure[sure] = own.doubtful[doubts] = position;
        sure += is_in;
        doubts += !is_in;
    }
    if (std::int64_t(doubts) * 4 > count) return false;
    const std::span<const int> doubtful(own.doubtful.data(), doubts);
    const int wanted = k - static_cast<int>(sure);
    own.positions.clear();
    if (std::cmp_equal(wanted, doubts)) {
        own.positions.assign(doubtful.begin(), doubtful.end());
    } else if (wanted > 0) {
        own.exact.resize(doubts);
        exact(doubtful, own.exact.data());
        own.positions.resize(static_cast<std::size_t>(wanted));
        top_k(kernels, own.exact.data(), std::int64_t(doubts), wanted, own.positions.data());
        for (int& position : own.positions) position = doubtful[static_cast<std::size_t>(position)];
    }
    std::merge(own.sure.begin(), own.sure.begin() + std::ptrdiff_t(sure), own.positions.begin(), own.positions.end(),
               selected);
    return true;
}

}  // namespace heddle::engine
