// engine/cpu/hadamard.h: The indexer's turn of a vector, and its rounding to bytes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/numbers.h"

namespace heddle::engine {

// The orthonormal Hadamard transform in Sylvester's order; `n` is a power of two, at least 4. Four at a time, so that
// what is compiled has no loop of one or two.
inline void hadamard(float* x, int n) {
    const float scale = 1 / std::sqrt(static_cast<float>(n));
    for (int i = 0; i < n; i += 4) {
        const float a = x[i] + x[i + 1], b = x[i] - x[i + 1], c = x[i + 2] + x[i + 3], d = x[i + 2] - x[i + 3];
        x[i] = (a + c) * scale;
        x[i + 1] = (b + d) * scale;
        x[i + 2] = (a - c) * scale;
        x[i + 3] = (b - d) * scale;
    }
    for (int half = 4; half < n; half *= 2) {
        for (int i = 0; i < n; i += i % half == half - 4 ? half + 4 : 4) {
            float a[4], b[4];
            for (int lane = 0; lane < 4; ++lane) {
                a[lane] = x[i + lane];
                b[lane] = x[i + half + lane];
            }
            for (int lane = 0; lane < 4; ++lane) {
                x[i + lane] = a[lane] + b[lane];
                x[i + half + lane] = a[lane] - b[lane];
            }
        }
    }
}

// Rounds to whole numbers from -127 to 127 and returns the scale that was divided out. `n` is a multiple of 4.
inline float quantise(const float* x, int n, std::int8_t* out) {
    float largest[4] = {};  // of every fourth
    for (int i = 0; i < n; i += 4) {
        for (int lane = 0; lane < 4; ++lane) largest[lane] = std::max(largest[lane], std::fabs(x[i + lane]));
    }
    const float scale = int8_scale(std::max(std::max(largest[0], largest[1]), std::max(largest[2], largest[3])));
    for (int i = 0; i < n; ++i) out[i] = round_to_int8(x[i] / scale);
    return scale;
}

// Where a page's keys end: their scales, [64].
inline float* scales_of(std::byte* keys, int dim) {
    return reinterpret_cast<float*>(keys + std::ptrdiff_t{dim} * key_block);
}

}  // namespace heddle::engine
