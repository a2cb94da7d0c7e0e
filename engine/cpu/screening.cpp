// engine/cpu/screening.cpp: The bound on quick scores, and the selection that it leaves to exact ones.
#include "engine/cpu/screening.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

constexpr float key_largest = 480;  // whatever a byte stands for
constexpr float half_step = 0.5f / fixed_key_scale;
constexpr float unit = 0x1p-24f;  // what rounding to float may do to a number of size one
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

struct Room {
    std::vector<int> candidates, sure, doubtful, positions;
    std::vector<float> highest, exact;
};

Room& room() {
    thread_local Room own;  // keeps its size
    return own;
}

}  // namespace

void FixedQuery::set(const float* from, const float* head_weights, int heads, int dim) {
    q.resize(static_cast<std::size_t>(heads) * static_cast<std::size_t>(dim));
    weights.resize(static_cast<std::size_t>(heads));
    error = -1;
    double bound = 0;
    for (int h = 0; h < heads; ++h) {
        const float* const head = from + std::ptrdiff_t{h} * dim;
        double size_sum = 0, largest = 0, lost = 0;
        for (int d = 0; d < dim; ++d) {
            size_sum += std::fabs(double(head[d]));
            largest = std::max(largest, std::fabs(double(head[d])));
        }
        // Written so that a NaN fails it. Rounding adds at most half of one to each of the sizes.
        if (!((size_sum + dim) * key_largest * fixed_key_scale < sums_below && largest <= 448)) return;
        const int scale = scale_of(size_sum + dim, largest);
        for (int d = 0; d < dim; ++d) {
            const auto rounded = static_cast<std::int16_t>(std::lrint(head[d] * static_cast<float>(scale)));
            q[static_cast<std::size_t>(h * dim + d)] = rounded;
            lost += std::fabs(double(head[d]) - double(rounded) / scale);
        }
        weights[static_cast<std::size_t>(h)] = head_weights[h] / static_cast<float>(scale * fixed_key_scale);
        // What the keys lose, what the query loses, and what the float sums of both ways may: over dimensions in the
        // exact one, over heads in both.
        const double rounding = size_sum * key_largest * double(unit) * (dim + 2 * (heads + 6));
        bound += std::fabs(double(head_weights[h])) * (size_sum * half_step + lost * key_largest + rounding);
    }
    if (bound < 1e30) error = static_cast<float>(bound * 1.01);
}

bool choose_screened(const SparseKernels& kernels, std::span<const float> lowest, float error,
                     const std::function<const float*(std::int64_t page)>& scales, int k, const ExactScores& exact,
                     int* selected) {
    Room& own = room();
    const auto count = static_cast<std::int64_t>(lowest.size());
    // k keys are at least as good as this: whose upper bound is lower is out.
    const float least = score_of(top_k_threshold(kernels, lowest.data(), count, k).key);
    own.candidates.clear();
    own.highest.clear();
    for (std::int64_t first = 0; first < count; first += key_block) {
        const float* const scale = scales(first / key_block);
        const std::int64_t last = std::min<std::int64_t>(first + key_block, count);
        for (std::int64_t i = first; i < last; ++i) {
            const float highest = lowest[static_cast<std::size_t>(i)] + 2 * error * scale[i - first];
            if (highest < least) continue;
            own.candidates.push_back(static_cast<int>(i));
            own.highest.push_back(highest);
        }
    }
    // Of those, at most k reach beyond the k + 1st upper bound: whose lower bound does, is in.
    const auto candidates = static_cast<std::int64_t>(own.candidates.size());
    float next = -std::numeric_limits<float>::infinity();
    if (candidates > k) next = score_of(top_k_threshold(kernels, own.highest.data(), candidates, k + 1).key);
    own.sure.clear();
    own.doubtful.clear();
    for (const int position : own.candidates) {
        (lowest[static_cast<std::size_t>(position)] > next ? own.sure : own.doubtful).push_back(position);
    }
    if (std::ssize(own.doubtful) * 4 > count) return false;
    const int wanted = k - static_cast<int>(own.sure.size());
    own.positions.clear();
    if (wanted == std::ssize(own.doubtful)) {
        own.positions = own.doubtful;
    } else if (wanted > 0) {
        own.exact.resize(own.doubtful.size());
        exact(own.doubtful, own.exact.data());
        own.positions.resize(static_cast<std::size_t>(wanted));
        top_k(kernels, own.exact.data(), std::ssize(own.doubtful), wanted, own.positions.data());
        for (int& position : own.positions) position = own.doubtful[static_cast<std::size_t>(position)];
    }
    std::merge(own.sure.begin(), own.sure.end(), own.positions.begin(), own.positions.end(), selected);
    return true;
}

}  // namespace heddle::engine
