// engine/cpu/screening.h: Chooses the best keys from quick scores with a bound, and asks for few exact ones.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// Scores keys at `positions`, exactly as a pass over all would.
using ExactScores = std::function<void(std::span<const int> positions, float* scores)>;

// The k best of `count` > k keys, ascending, to `selected`. `lowest` are lower bounds, each up to 2 * error * (its
// key's scale) too low. Returns false, with nothing selected, when so many keys are in doubt that exact scores of all
// are cheaper.
bool choose_screened(const SparseKernels& kernels, std::span<const float> lowest, float error,
                     const std::function<const float*(std::int64_t page)>& scales, int k, const ExactScores& exact,
                     int* selected);

}  // namespace heddle::engine
