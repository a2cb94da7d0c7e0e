// engine/cpu/screening.h: Chooses the best keys from quick scores with a bound, and asks for few exact ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// A query as 16-bit whole numbers. Products of such with keys rounded to 32nds are exact in 32 bits and cost half
// of what floats cost; what rounding can do to a score is known, so a key whose score is far enough from the threshold
// is settled without its exact score. The selection is the exact scores' own, key by key.
struct FixedQuery {
    std::vector<std::int16_t> q;  // [heads, dim]
    std::vector<float> weights;   // [heads], with all scales divided out
    // No score, divided by its key's scale, is further from its quick one than this; negative: there are no quick
    // ones, for the query's numbers are out of bounds.
    float error = -1;

    // `q` are e4m3 numbers [heads, dim], `weights` [heads] what their products count.
    void set(const float* q, const float* weights, int heads, int dim);
    bool is_usable() const { return error >= 0; }
};

// Scores keys at `positions`, exactly as a pass over all would.
using ExactScores = std::function<void(std::span<const int> positions, float* scores)>;

// The k best of `count` > k keys, ascending, to `selected`. `lowest` are lower bounds, each up to 2 * error * (its
// key's scale) too low. Returns false, with nothing selected, when so many keys are in doubt that exact scores of all
// are cheaper.
bool choose_screened(const SparseKernels& kernels, std::span<const float> lowest, float error,
                     const std::function<const float*(std::int64_t page)>& scales, int k, const ExactScores& exact,
                     int* selected);

}  // namespace heddle::engine
