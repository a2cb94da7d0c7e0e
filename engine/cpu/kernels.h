// engine/cpu/kernels.h: The inner loops, once for each instruction set; plain data in, plain data out.
#pragma once

#include <cstdint>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

inline constexpr int panel_outputs = 16;  // outputs that lie side by side in a packed weight

enum class PanelType { f32, bf16, e4m3 };

// A weight [outputs, inputs] in panels of 16 outputs: for each panel, for each input, 16 elements. The outputs behind
// the last one are zeros. Where e4m3 blocks change, a new segment of inputs begins.
struct PanelMatrix {
    PanelType type;
    const void* panels;       // [ceil(outputs / 16), inputs, 16]
    const float* scales;      // [segments, outputs rounded up to 16] times 256; none for others
    const int* segment_ends;  // [segments], the last is `inputs`
    int segments;
    int inputs, outputs;
};

// out[t, n] for t in [0, rows) and the outputs of panels [panel_first, panel_last). Inputs are added up in order, each
// segment by itself, whatever the tile that an output lies in.
struct MultiplyArguments {
    const PanelMatrix* matrix;
    const float* x;  // [rows, inputs]
    std::int64_t x_stride;
    float* out;  // [rows, outputs]
    std::int64_t out_stride;
    int rows, panel_first, panel_last;
};

struct Kernels {
    const char* name;
    void (*multiply)(const MultiplyArguments&);
    void (*gate)(const float* gate, const float* up, float* out, std::int64_t count);  // silu(gate) * up
    float (*sum_of_squares)(const float* x, std::int64_t count);
    const SparseKernels* sparse;  // never none
};

extern const Kernels plain_kernels;
extern const Kernels avx2_kernels;  // needs AVX2, FMA and F16C

const Kernels& best_kernels();  // what this processor can run

}  // namespace heddle::engine
