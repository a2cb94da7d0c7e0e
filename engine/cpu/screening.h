// engine/cpu/screening.h: Chooses the best keys from quick scores with a bound, and asks for few exact ones.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

struct QuickScores {
    std::span<const float>
        lowest;  // lower bounds, each up to 2 * error * (its key's scale) too low; then a page's room
    float error;
    std::function<const float*(std::int64_t page)> scales;  // [64]
};

// Scores keys at up to 64 positions, exactly as a pass over all would. From any thread.
using ExactScores = std::function<void(std::span<const int> positions, float* scores)>;

// Does task(i) once for each i in [0, tasks), one after the other or side by side.
using Share = std::function<void(std::int64_t tasks, const std::function<void(std::int64_t)>& task)>;

// The k best of more than k keys, ascending, to `selected`: the exact scores' own choice, key by key, though only those
// keys are scored exactly whose bounds lie about the threshold. Work is cut into `parts` where it can be. Returns
// false, with nothing selected, when so many keys are in doubt that exact scores of all are cheaper.
bool choose_screened(const SparseKernels& kernels, const QuickScores& quick, int k, const ExactScores& exact,
                     const Share& share, int parts, int* selected);

}  // namespace heddle::engine
