// engine/cpu/hadamard.h: The indexer's turn of a vector, and its rounding to e4m3.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/numbers.h"

namespace heddle::engine {

// The orthonormal Hadamard transform in Sylvester's order; `n` is a power of two.
inline void hadamard(float* x, int n) {
    for (int half = 1; half < n; half *= 2) {
        for (int block = 0; block < n; block += 2 * half) {
            for (int i = block; i < block + half; ++i) {
                const float a = x[i];
                const float b = x[i + half];
                x[i] = a + b;
                x[i + half] = a - b;
            }
        }
    }
    const float scale = 1 / std::sqrt(static_cast<float>(n));
    for (int i = 0; i < n; ++i) x[i] *= scale;
}

// Makes every element an e4m3 number and returns the scale that was divided out.
inline float quantise(float* x, int n) {
    float largest = 0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float scale = e4m3_scale(largest);
    for (int i = 0; i < n; ++i) x[i] = round_to_e4m3(x[i] / scale);
    return scale;
}

// Where a page's keys end: their scales, [64].
inline float* scales_of(std::byte* keys, int dim) {
    return reinterpret_cast<float*>(keys + std::ptrdiff_t{dim} * key_block);
}

}  // namespace heddle::engine
