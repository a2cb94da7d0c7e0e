// engine/cpu/sparse_kernels.h: The inner loops of the sparse path, once for each instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/ops/precision.h"

namespace heddle::engine {

inline constexpr int key_block = 64;  // indexer keys that are scored together: those of one page
inline constexpr int room_heads = 8;  // whose queries TileArguments::room holds
inline constexpr int tile_rows = 64;  // rows that attention takes at a time, by their place in the selection

// Attention of one token's heads to one tile of its selection. What came before stays in `out`, `highest` and `total`:
// the sum of e^(score - highest) * row, and of e^(score - highest) alone. So a selection is cut by tiles whatever else
// is going on, and its bits depend on its rows alone.
struct TileArguments {
    const float* q;                // [heads, q_stride]
    std::int64_t q_stride;         //
    const void* const* rows;       // [count], each [width]: floats, or bf16 where the kernel takes that
    int count;                     // 1 to tile_rows
    const std::byte* const* next;  // [next_count] rows that are wanted soon: brought into the cache along the way
    int next_count;
    std::size_t next_bytes;  // of each
    int heads;
    int width, out_width;  // multiples of 16
    float scale;
    bool is_first;   // nothing came before: `out` and the others may hold anything
    float* out;      // [heads, out_width]
    float* highest;  // [heads]
    float* total;    // [heads]
    void* room;      // for room_heads queries of bf16 [width]
};

// What another part of the same selection gave is added to the first.
struct MergeArguments {
    int heads, out_width;
    float* out;  // [heads, out_width]
    float* highest;
    float* total;
    const float* part_out;
    const float* part_highest;
    const float* part_total;
};

// scores[s] = sum over h of weights[h] * relu(q[h] . key[s]), for one block of keys. A key's score does not depend on
// the keys beside it.
struct ScoreArguments {
    const float* keys;     // [dim, 64]
    const float* q;        // [heads, dim]
    const float* weights;  // [heads]
    int heads, dim;
    float* scores;  // [64], written; never -0
};

inline constexpr int key_zero = 128;  // what a key's byte is more than the number it stands for

// The same of whole numbers, whose sums of products are exact in any order, times key_scales[s]. The sum of a head's
// products with a key is offsets[h] more than that with the key's bytes.
struct ScoreBytesArguments {
    const std::byte* keys;        // bytes [dim / 4, 64, 4]: four neighbouring dimensions of a key, then the next key
    const std::byte* next;        // the page that is wanted next, brought into the cache on the way; or none
    const float* key_scales;      // [64]
    const std::int8_t* q;         // [heads, dim]
    const std::int32_t* offsets;  // [heads]
    const float* weights;         // [heads]
    int heads, dim;               // dim: a multiple of 4, at most index_dim_max
    float* scores;                // [64], written; never -0
};

struct SparseKernels {
    const char* name;
    CacheRows tile_type;  // what attend_tile takes: `f32`, or `bf16`
    // Rows of the cache to that, [width] each, one behind the other. For those that are not that already.
    void (*widen_rows)(const RowFormat& format, const std::byte* const* rows, int count, void* out);
    void (*attend_tile)(const TileArguments&);
    void (*merge)(const MergeArguments&);
    // Out is out / total: [heads, out_width] to rows that lie `stride` apart.
    void (*finish)(const MergeArguments& part, float* out, std::int64_t stride);

    void (*score)(const ScoreArguments&);
    void (*score_bytes)(const ScoreBytesArguments&);

    // Positions of the scores that are not below `low`, ascending; NaN are not. `out` has room for all, and 8 more.
    std::int64_t (*collect)(const float* scores, std::int64_t count, float low, int* out);
};

extern const SparseKernels plain_sparse_kernels;
extern const SparseKernels avx2_sparse_kernels;  // needs AVX2, FMA and F16C
// Needs AVX-512 with VBMI, VNNI and BF16 too. `f32`: attention in floats.
SparseKernels with_avx512(const SparseKernels& avx2, Activations activations);

}  // namespace heddle::engine
