// engine/cpu/panel_matrix.h: A weight as the product kernels read it: panels of 16 outputs, words of 32 bits.
#pragma once

#include <cstdint>

namespace heddle::engine {

inline constexpr int panel_outputs = 16;  // outputs that lie side by side in a packed weight

enum class PanelType { f32, bf16, e4m3 };

// How many inputs of one output share a word. Bytes of e4m3 inputs k to k + 3 stand in the order k, k + 2, k + 1, k + 3
// (from the lowest): so the low bytes and the high bytes of the word's halves are each two neighbours.
constexpr int inputs_of_word(PanelType type) {
    return type == PanelType::f32 ? 1 : type == PanelType::bf16 ? 2 : 4;
}

// A weight [outputs, inputs]. Where e4m3 blocks change, a new segment of inputs begins, and with it a new word: the
// last word of a segment is filled up with zeros, as are the outputs behind the last. Behind each segment of e4m3
// stands its scale, a word that is a float: so all of a panel is read in one go.
struct PanelMatrix {
    PanelType type;
    bool keeps_inputs;            // its product is done in floats: the activations are not rounded for it
    const std::uint32_t* panels;  // [ceil(outputs / 16), words, 16], aligned to 64 bytes
    const int* segment_ends;      // [segments], in inputs; the last is `inputs`
    int segments;
    int words, inputs, outputs;
};

// out[t, n] for t in [0, rows) and the outputs of panels [panel_first, panel_last). Inputs are added up in order, each
// segment by itself, and the segments in order, whatever the tile that an output lies in.
struct MultiplyArguments {
    const PanelMatrix* matrix;
    const float* x;  // [rows, inputs]
    std::int64_t x_stride;
    float* out;  // [rows, outputs]
    std::int64_t out_stride;
    int rows, panel_first, panel_last;
    bool is_direct;       // weights are widened in registers: faster for few rows; else in the room. Changes no bit
    std::uint32_t* room;  // multiply_room() words to work in, aligned to 64 bytes
    // What this thread is likely to read after these, panels `next_stride` words apart, or none: a direct product
    // brings it into the cache.
    const std::uint32_t* next;
    std::int64_t next_stride;
};

inline constexpr int block_inputs = 128;      // that are prepared at once: 16 outputs of them as floats are 8 KiB
inline constexpr int avx512_direct_rows = 8;  // up to so many rows AVX-512 multiplies directly
inline constexpr int widened_panels = 4;      // side by side in the room, at most

std::int64_t multiply_room(const MultiplyArguments& arguments);

}  // namespace heddle::engine
