// engine/cpu/quick_query.h: An indexer's query in numbers that are quick to multiply, and how far off their sums can
// be.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// Products of 16-bit numbers cost half of what floats cost, or less. What rounding can do to a score is known, so a
// key whose score is far enough from the threshold is settled without its exact score (screening.h).
struct QuickQuery {
    std::vector<std::int16_t> q;  // as ScreenArguments says, by the kernels' numbers
    std::vector<float> weights;   // a head's each, with all scales divided out
    // No score, divided by its key's scale, is further from its quick one than this; negative: there are no quick
    // ones, for the query's numbers are out of bounds.
    float error = -1;

    // `q` are e4m3 numbers [heads, dim], `weights` [heads] what their products count. Not for QuickNumbers::none.
    void set(QuickNumbers numbers, const float* q, const float* weights, int heads, int dim);
    bool is_usable() const { return error >= 0; }
};

}  // namespace heddle::engine
