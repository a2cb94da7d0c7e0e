// engine/cpu/screening.cpp: The selection that bounds settle, and what they leave to exact scores.
#include "engine/cpu/screening.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t scales_ahead = 8 * key_block;  // whose scales are on their way

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
