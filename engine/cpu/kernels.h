// engine/cpu/kernels.h: The inner loops, once for each instruction set; plain data in, plain data out.
#pragma once

#include <cstdint>

namespace heddle::engine {

inline constexpr int panel_outputs = 16;  // outputs that lie side by side in a packed weight
inline constexpr int key_block = 64;      // indexer keys that lie side by side: those of one page

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

// scores[s] = key_scales[s] * sum over h of weights[h] * relu(q[h] . key[s]), for one block of keys
struct ScoreArguments {
    const float* keys;        // [dim, 64]
    const float* key_scales;  // [64], or none: 1
    const float* q;           // [heads, dim]
    const float* weights;     // [heads]
    int heads, dim;
    float* scores;  // [64], written; never -0
};

// Attention of some heads of one token to the rows of its selection.
struct AttendArguments {
    const float* q;            // [heads, q_stride]
    const float* const* rows;  // [count]: each [width]
    float* out;                // [heads, q_stride], its first out_width of each written
    float* probabilities;      // [4, count rounded up to 8]: room to work in
    std::int64_t q_stride;
    int heads, count;
    int width, out_width;  // multiples of 16
    float scale;
};

struct Kernels {
    const char* name;
    void (*multiply)(const MultiplyArguments&);
    void (*widen_keys)(const std::uint8_t* keys, int dim, float* out);  // e4m3 [dim, 64] to float / 256
    void (*score)(const ScoreArguments&);
    void (*attend)(const AttendArguments&);
    void (*gate)(const float* gate, const float* up, float* out, std::int64_t count);  // silu(gate) * up
    float (*sum_of_squares)(const float* x, std::int64_t count);
};

extern const Kernels plain_kernels;
extern const Kernels avx2_kernels;  // needs AVX2, FMA and F16C

const Kernels& best_kernels();  // what this processor can run

}  // namespace heddle::engine
