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

// scores[s] = key_scales[s] * sum over h of weights[h] * relu(q[h] . key[s]), for one block of keys. A key's score does
// not depend on the keys beside it.
struct ScoreArguments {
    const float* keys;        // [dim, 64]
    const float* key_scales;  // [64], or none: 1
    const float* q;           // [heads, dim]
    const float* weights;     // [heads]
    int heads, dim;
    float* scores;  // [64], written; never -0
};

// What quick scores are made of, where there are any.
enum class QuickNumbers {
    none,
    whole,  // keys rounded to 32nds and widened once for all queries, sums that are exact
    bf16,   // keys as they lie in their page, sums of floats
};

// The same from such numbers, fast and nearly right: lowest[s] = key_scales[s] * (sum - error).
struct ScreenArguments {
    const void* keys;         // whole: int16 [dim / 2, 64, 2] as widen_keys_fixed left them; bf16: a page's e4m3
    const std::byte* next;    // e4m3 keys and scales that are wanted next, brought into the cache on the way; or none
    const float* key_scales;  // [64]
    // whole: [heads, dim], such that no sum of products leaves 31 bits; bf16: [heads / 16, dim / 2, 16, 2], times
    // quick_query_scale, heads behind the last being zeros.
    const std::int16_t* q;
    const float* weights;  // [heads], with the scales of q and keys divided out
    float error;
    int heads, dim;
    float* lowest;  // [64], written
};

inline constexpr int quick_heads = 16;  // whose sums go side by side
// An e4m3 number's bits at bf16's places are the number times 2^-120 (below the normal range: nothing). This brings
// products back to where no float is too small.
inline constexpr float quick_query_scale = 0x1p112f, quick_key_scale = 0x1p-120f;

inline constexpr int fixed_key_scale = 32;  // what widen_keys_fixed multiplies by before it rounds

// Which of the 64 keys stands at a place of what widen_keys_fixed writes: the order that costs it least.
inline constexpr int fixed_key(int place) {
    return (place & ~12) | (place & 4) << 1 | (place & 8) >> 1;
}

// One of `parts` equal parts of what is wanted next, so that a few lines at a time are on their way.
inline void prefetch_part(const ScreenArguments& a, int part, int parts) {
    if (a.next == nullptr) return;
    const int lines = (a.dim + static_cast<int>(sizeof(float))) * key_block / 64;
    for (int line = lines * part / parts; line < lines * (part + 1) / parts; ++line) {
        __builtin_prefetch(a.next + std::ptrdiff_t{line} * 64);
    }
}

// Indexer keys in a page are e4m3 [dim / 2, 64, 2]: two neighbouring dimensions of a key, then the next key.
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
    void (*widen_keys)(const std::uint8_t* keys, int dim, float* out);  // to [dim, 64], a 256th of what they are
    QuickNumbers quick;
    void (*screen)(const ScreenArguments&);                                          // where there are quick numbers
    void (*widen_keys_fixed)(const std::uint8_t* keys, int dim, std::int16_t* out);  // where they are whole

    // Positions of the scores that are not below `low`, ascending; NaN are not. `out` has room for all, and 8 more.
    std::int64_t (*collect)(const float* scores, std::int64_t count, float low, int* out);
    // The same of a page, from `first` on, for scores + slack * key_scales, which go to `sums`.
    std::int64_t (*contend)(const float* scores, const float* key_scales, float slack, float low, int first, int* out,
                            float* sums);
};

extern const SparseKernels plain_sparse_kernels;
extern const SparseKernels avx2_sparse_kernels;  // needs AVX2, FMA and F16C
// Needs AVX-512 with VBMI and BF16 too. `f32`: attention in floats.
SparseKernels with_avx512(const SparseKernels& avx2, Activations activations);

}  // namespace heddle::engine
