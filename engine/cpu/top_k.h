// engine/cpu/top_k.h: The positions of the largest scores, ties to the lower position, ascending.
#pragma once

#include <cstdint>

namespace heddle::engine {

// `scores` [count] hold no -0 (it would not tie with 0); a NaN counts as the largest or the smallest by its sign.
// Writes min(k, count) positions to `out` and returns how many.
int top_k(const float* scores, std::int64_t count, int k, int* out);

}  // namespace heddle::engine
