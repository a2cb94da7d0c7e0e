// engine/cpu/kernels.h: The inner loops, once for each instruction set; plain data in, plain data out.
#pragma once

#include <cstdint>

#include "engine/cpu/panel_matrix.h"
#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

struct Kernels {
    const char* name;
    void (*multiply)(const MultiplyArguments&);
    void (*gate)(const float* gate, const float* up, float* out, std::int64_t count);  // silu(gate) * up
    float (*sum_of_squares)(const float* x, std::int64_t count);
    const SparseKernels* sparse;  // never none
};

extern const Kernels plain_kernels;
extern const Kernels avx2_kernels;  // needs AVX2, FMA and F16C

// Needs AVX-512 with BW, VL, VBMI and BF16. Where a matrix allows it, inputs are rounded to bf16.
void multiply_avx512(const MultiplyArguments&);

const Kernels& best_kernels();  // what this processor can run

}  // namespace heddle::engine
