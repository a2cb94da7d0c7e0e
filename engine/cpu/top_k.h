// engine/cpu/top_k.h: The positions of the largest scores, ties to the lower position, ascending.
#pragma once

#include <cstdint>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

// Writes min(k, count) positions to `out` and returns how many.
int top_k(const SparseKernels& kernels, const float* scores, std::int64_t count, int k, int* out);

}  // namespace heddle::engine
