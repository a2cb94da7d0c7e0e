// engine/cpu/hadamard.h: The indexer's turn of a vector, and its rounding to bytes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

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

// Rounds to whole numbers from -127 to 127 and returns the scale that was divided out.
inline float quantise(const float* x, int n, std::int8_t* out) {
    float largest = 0;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float scale = int8_scale(largest);
    for (int i = 0; i < n; ++i) out[i] = round_to_int8(x[i] / scale);
    return scale;
}

// Where a page's keys end: their scales, [64].
inline float* scales_of(std::byte* keys, int dim) {
    return reinterpret_cast<float*>(keys + std::ptrdiff_t{dim} * key_block);
}

}  // namespace heddle::engine
