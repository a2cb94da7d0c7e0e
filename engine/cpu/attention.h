// engine/cpu/attention.h: Attention of rows to what they selected, by parts whose cut no thread can change.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/params.h"

// A selection is cut into parts by its length alone, and a part into tiles of 64 rows by their place in it. Parts are
// summed up each by itself and merged in order, be it one thread that does all or many: the same bits.
namespace heddle::engine {

inline constexpr int group_max = 4;  // rows that share a widened tile: their sums stay in L2 with it

// How many of a selection's places make a part, and how many parts it has.
std::int64_t part_rows(std::int64_t count);
inline std::int64_t parts_of(std::int64_t count) {
    return (count + part_rows(count) - 1) / part_rows(count);
}

// Floats that a row's or a part's unfinished sums take.
struct Sums {
    int heads, out_width;

    std::int64_t floats() const { return (std::int64_t{heads} * (out_width + 2) + 15) / 16 * 16; }
    float* highest(float* at) const { return at + std::int64_t{heads} * out_width; }
    float* total(float* at) const { return highest(at) + heads; }
    MergeArguments both(float* at, float* part) const {
        return {heads, out_width, at, highest(at), total(at), part, highest(part), total(part)};
    }
};

// What one row attends to.
struct Selection {
    const Sequence* sequence;
    const int* positions;  // none: every position from 0 on
    std::int64_t count;
};

Selection selection_of(const AttendParams& params, std::int64_t row);

// Places [first, last) of a row's selection.
struct Piece {
    std::int64_t row, first, last;
};

// One pass of attention: what all its tasks share.
class Attention {
 public:
    Attention(const AttendParams& params, const SparseKernels& kernels, const RowFormat& format);

    const Sums& sums() const { return sums_; }

    // A piece of the selections of rows [row - rows + 1, row], which differ in nothing but their ends: the i-th one's
    // sums to sums + i * floats. The rows of `then`, which most likely follows, are brought into the cache on the way.
    void attend_part(const Piece& part, int rows, const Piece* then, float* sums) const;

    // All parts of a group of rows, one after the other.
    void attend_group(std::int64_t row, int rows) const;

    // Brings a piece's first tile into the cache.
    void prefetch(const Piece& piece) const;

    // The row's output from its parts' sums, which lie one behind the other.
    void merge_parts(std::int64_t row, std::int64_t parts, float* sums) const;

 private:
    void attend_part(const Piece& part, int rows, const Piece* then, float* sums, float* tile) const;
    // Where places [first, first + 64) of a piece lie.
    int find(const Piece& piece, std::int64_t first, const std::byte** rows) const;
    void finish(std::int64_t row, float* sums) const;

    const AttendParams& params_;
    const SparseKernels& kernels_;
    const RowFormat& format_;
    Sums sums_;
    std::int64_t tile_floats_;  // of a widened tile, and of the kernel's room before it
    std::int64_t row_bytes_;    // once widened
    bool is_direct_;            // the cache's rows are what the kernel takes
};

}  // namespace heddle::engine
