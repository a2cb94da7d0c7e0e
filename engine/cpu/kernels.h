// engine/cpu/kernels.h: The inner loops, once for each instruction set; plain data in, plain data out.
#pragma once

#include <cstdint>

#include "engine/cpu/panel_matrix.h"
#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/precision.h"

namespace heddle::engine {

struct Kernels {
    const char* name;
    void (*multiply)(const MultiplyArguments&);
    int direct_rows;  // up to so many it multiplies faster directly
    void (*gate)(const float* gate, const float* up, float* out, std::int64_t count);  // silu(gate) * up
    float (*sum_of_squares)(const float* x, std::int64_t count);
    const SparseKernels* sparse;  // never none
};

extern const Kernels plain_kernels;
extern const Kernels avx2_kernels;  // needs AVX2, FMA and F16C

// Need AVX-512 with BW, VL, VBMI and BF16.
void multiply_avx512(const MultiplyArguments&);         // inputs are rounded to bf16 where a matrix allows it
void multiply_floats_avx512(const MultiplyArguments&);  // never

// What this processor can run.
const Kernels& best_kernels(Activations activations = Activations::native);

}  // namespace heddle::engine
