// engine/cpu/screening.cpp: The selection that bounds settle, and what they leave to exact scores.
#include "engine/cpu/screening.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t pages_ahead = 8;  // whose scales are on their way
constexpr float none = -std::numeric_limits<float>::infinity();

// Keys that may be among the best, by position, with the bounds of their scores. They keep their room.
struct Contenders {
    std::vector<int> positions;
    std::vector<float> highest;
    std::size_t count = 0;

    void resize(std::size_t most) {  // beyond it, what the kernels may write
        positions.resize(std::max(positions.size(), most + 8));
        highest.resize(std::max(highest.size(), most + 8));
    }
};

struct Room {
    std::vector<Contenders> parts;
    Contenders all;
    std::vector<std::int32_t> keys;
    std::vector<int> sure, doubtful, positions;
    std::vector<float> exact;
};

Room& room() {
    thread_local Room own;  // keeps its size
    return own;
}

void prefetch_scales(const float* scales) {
    for (int i = 0; i < key_block; i += 16) __builtin_prefetch(scales + i);
}

// Those keys of pages [first, last) whose upper bound is not below `low`.
void find_contenders(const SparseKernels& kernels, const QuickScores& quick, float low, std::int64_t first,
                     std::int64_t last, Contenders& found) {
    const auto length = static_cast<int>(quick.lowest.size());
    found.resize(static_cast<std::size_t>(last - first) * key_block);
    found.count = 0;
    for (std::int64_t page = first; page < last; ++page) {
        if (page + pages_ahead < last) prefetch_scales(quick.scales(page + pages_ahead));
        found.count += static_cast<std::size_t>(
            kernels.contend(quick.lowest.data() + page * key_block, quick.scales(page), 2 * quick.error, low,
                            static_cast<int>(page) * key_block, found.positions.data() + found.count,
                            found.highest.data() + found.count));
    }
    while (found.count > 0 && found.positions[found.count - 1] >= length) --found.count;  // the last page's other lanes
}

void find_all_contenders(const SparseKernels& kernels, const QuickScores& quick, float low, const Share& share,
                         std::int64_t parts, Room& own) {
    const std::int64_t pages = (std::ssize(quick.lowest) + key_block - 1) / key_block;
    if (parts == 1) return find_contenders(kernels, quick, low, 0, pages, own.all);
    if (std::cmp_less(own.parts.size(), parts)) own.parts.resize(static_cast<std::size_t>(parts));
    share(parts, [&](std::int64_t part) {
        find_contenders(kernels, quick, low, pages * part / parts, pages * (part + 1) / parts,
                        own.parts[static_cast<std::size_t>(part)]);
    });
    own.all.count = 0;
    for (std::int64_t p = 0; p < parts; ++p) {
        const Contenders& part = own.parts[static_cast<std::size_t>(p)];
        own.all.resize(own.all.count + part.count);
        std::copy_n(part.positions.begin(), part.count, own.all.positions.begin() + std::ptrdiff_t(own.all.count));
        std::copy_n(part.highest.begin(), part.count, own.all.highest.begin() + std::ptrdiff_t(own.all.count));
        own.all.count += part.count;
    }
}

// The k-th largest of what score(i) gives for i in [0, count); less than all where there are fewer.
template <class Score>
float kth(Room& own, std::size_t count, std::int64_t k, const Score& score) {
    if (std::cmp_less(count, k)) return none;
    own.keys.resize(count);
    for (std::size_t i = 0; i < count; ++i) own.keys[i] = ordered_key(score(i));
    return score_of(kth_largest(own.keys, k).key);
}

// Of the keys in doubt the `wanted` best, ascending, to own.positions.
void settle(const SparseKernels& kernels, const ExactScores& exact, const Share& share, int wanted, Room& own) {
    own.exact.resize(own.doubtful.size());
    const std::span<const int> doubtful = own.doubtful;
    const auto blocks = (std::ssize(doubtful) + key_block - 1) / key_block;
    share(blocks, [&](std::int64_t block) {
        const auto at = static_cast<std::size_t>(block) * key_block;
        exact(doubtful.subspan(at, std::min<std::size_t>(key_block, doubtful.size() - at)), own.exact.data() + at);
    });
    own.positions.resize(static_cast<std::size_t>(wanted));
    top_k(kernels, own.exact.data(), std::ssize(doubtful), wanted, own.positions.data());
    for (int& position : own.positions) position = doubtful[static_cast<std::size_t>(position)];
}

}  // namespace

bool choose_screened(const SparseKernels& kernels, const QuickScores& quick, int k, const ExactScores& exact,
                     const Share& share, int parts, int* selected) {
    Room& own = room();
    const std::int64_t count = std::ssize(quick.lowest);
    const auto lowest_of = [&](std::size_t i) { return quick.lowest[static_cast<std::size_t>(own.all.positions[i])]; };
    // k keys are at least as good as `least`: whose upper bound is lower is out. The sample may have been misleading.
    const float low = likely_below(quick.lowest.data(), count, k);
    find_all_contenders(kernels, quick, low, share, parts, own);
    float least = kth(own, own.all.count, k, lowest_of);
    if (least < low) {
        find_all_contenders(kernels, quick, none, share, parts, own);
        least = kth(own, own.all.count, k, lowest_of);
    }
    std::size_t left = 0;
    for (std::size_t i = 0; i < own.all.count; ++i) {
        own.all.positions[left] = own.all.positions[i];
        own.all.highest[left] = own.all.highest[i];
        left += !(own.all.highest[i] < least);
    }
    // Of those, at most k reach beyond the k + 1st upper bound: whose lower bound does, is in.
    const float next = kth(own, left, k + 1, [&](std::size_t i) { return own.all.highest[i]; });
    own.sure.clear();
    own.doubtful.clear();
    for (std::size_t i = 0; i < left; ++i) {
        (lowest_of(i) > next ? own.sure : own.doubtful).push_back(own.all.positions[i]);
    }
    if (std::ssize(own.doubtful) * 4 > count) return false;
    const int wanted = k - static_cast<int>(own.sure.size());
    if (std::cmp_equal(wanted, own.doubtful.size())) {
        own.positions = own.doubtful;
    } else {
        settle(kernels, exact, share, wanted, own);
    }
    std::merge(own.sure.begin(), own.sure.end(), own.positions.begin(), own.positions.end(), selected);
    return true;
}

}  // namespace heddle::engine
