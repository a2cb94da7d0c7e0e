// engine/cpu/attend_on_lanes.h: Attention to one tile of rows: scores, softmax as far as it is known, weighted sum.
#pragma once

#include "engine/cpu/sparse_kernels.h"

// Four heads at a time: with eight lanes two rows' scores, or two vectors of the sum, fill eight registers, enough to
// hide the four cycles of a fused multiply-add. The sums of a score go over the row in lanes and across them in a fixed
// tree, a weighted sum takes the rows in order: which tile of registers a result falls into changes no bit.
//
// No function of the standard library in here: the linker keeps one copy of an inline function, and it might be the
// one that was compiled for instructions that the processor does not have.
namespace heddle::engine {

inline constexpr int tile_heads = 4;

template <class L>  // so that each instruction set has its own copy
void fetch(const TileArguments& a, int row) {
    if (row >= a.next_count) return;
    for (std::size_t line = 0; line < a.next_bytes; line += 64) __builtin_prefetch(a.next[row] + line, 0, 2);
}

// Scores of H heads against all rows of the tile, [H, tile_rows].
template <class L, int H>
void tile_scores(const TileArguments& a, int head, float* scores) {
    using Vector = typename L::Vector;
    constexpr int together = L::lanes / tile_heads;  // rows: as many sums as there are lanes
    const float* const q = a.q + head * a.q_stride;
    for (int j = 0; j < a.count; j += together) {
        const float* rows[together];
        for (int r = 0; r < together; ++r) {  // behind the last row stands the last one again
            rows[r] = static_cast<const float*>(a.rows[j + r < a.count ? j + r : a.count - 1]);
            if (head == 0) fetch<L>(a, j + r);  // the next tile's rows come along while the first heads go over these
        }
        Vector sum[L::lanes];
        for (Vector& s : sum) s = L::broadcast(0);
        for (int d = 0; d < a.width; d += L::lanes) {
            Vector row[together];
            for (int r = 0; r < together; ++r) row[r] = L::load(rows[r] + d);
            for (int h = 0; h < H; ++h) {
                const Vector query = L::load(q + h * a.q_stride + d);
                for (int r = 0; r < together; ++r) {
                    sum[r * tile_heads + h] = L::multiply_add(query, row[r], sum[r * tile_heads + h]);
                }
            }
        }
        float sums[L::lanes];
        L::store(sums, L::multiply(L::sums(sum), L::broadcast(a.scale)));
        for (int r = 0; r < together && j + r < a.count; ++r) {
            for (int h = 0; h < H; ++h) scores[h * tile_rows + j + r] = sums[r * tile_heads + h];
        }
    }
}

template <class L>
float exp_of(float x) {
    float out[L::lanes];
    L::store(out, L::exp(L::broadcast(x)));
    return out[0];
}

template <class L>
void rescale(float* out, int count, float factor) {
    const auto f = L::broadcast(factor);
    for (int d = 0; d < count; d += L::lanes) L::store(out + d, L::multiply(L::load(out + d), f));
}

// One head's scores to e^(score - highest); what came before is brought to the new highest.
template <class L>
void soften(const TileArguments& a, int head, float* scores) {
    float highest = scores[0];
    for (int j = 1; j < a.count; ++j) highest = scores[j] > highest ? scores[j] : highest;
    float total = 0;
    if (!a.is_first) {
        const float before = a.highest[head];
        total = a.total[head];
        if (before >= highest) {
            highest = before;
        } else {
            const float factor = exp_of<L>(before - highest);
            rescale<L>(a.out + std::int64_t{head} * a.out_width, a.out_width, factor);
            total *= factor;
        }
    }
    const int padded = (a.count + L::lanes - 1) / L::lanes * L::lanes;
    for (int j = a.count; j < padded; ++j) scores[j] = highest;
    const auto minus_highest = L::broadcast(-highest);
    for (int j = 0; j < padded; j += L::lanes) L::store(scores + j, L::exp(L::add(L::load(scores + j), minus_highest)));
    for (int j = a.count; j < padded; ++j) scores[j] = 0;
    auto sum = L::broadcast(0);
    for (int j = 0; j < padded; j += L::lanes) sum = L::add(sum, L::load(scores + j));
    a.highest[head] = highest;
    a.total[head] = total + L::sum(sum);
}

// Adds the rows, weighed by H heads' probabilities, to `V` vectors of each head's sum.
template <class L, int H, int V>
void tile_sum(const TileArguments& a, int head, const float* p, int d) {
    using Vector = typename L::Vector;
    float* const out = a.out + std::int64_t{head} * a.out_width + d;
    Vector sum[H][V];
    for (int h = 0; h < H; ++h) {
        for (int v = 0; v < V; ++v) {
            sum[h][v] = a.is_first ? L::broadcast(0) : L::load(out + std::int64_t{h} * a.out_width + L::lanes * v);
        }
    }
    for (int j = 0; j < a.count; ++j) {
        Vector row[V];
        const float* const from = static_cast<const float*>(a.rows[j]) + d;
        for (int v = 0; v < V; ++v) row[v] = L::load(from + L::lanes * v);
        for (int h = 0; h < H; ++h) {
            const Vector weight = L::broadcast(p[h * tile_rows + j]);
            for (int v = 0; v < V; ++v) sum[h][v] = L::multiply_add(weight, row[v], sum[h][v]);
        }
    }
    for (int h = 0; h < H; ++h) {
        for (int v = 0; v < V; ++v) L::store(out + std::int64_t{h} * a.out_width + L::lanes * v, sum[h][v]);
    }
}

// Columns outside, heads inside: a strip of the rows stays in the first cache while all heads take it.
template <class L, int H>
void attend_heads(const TileArguments& a, int head, float* scores) {
    tile_scores<L, H>(a, head, scores);
    for (int h = 0; h < H; ++h) soften<L>(a, head + h, scores + h * tile_rows);
    int d = 0;
    for (; d + 2 * L::lanes <= a.out_width; d += 2 * L::lanes) tile_sum<L, H, 2>(a, head, scores, d);
    for (; d < a.out_width; d += L::lanes) tile_sum<L, H, 1>(a, head, scores, d);
}

template <class L>
void attend_tile(const TileArguments& a) {
    alignas(64) float scores[tile_heads * tile_rows];
    int head = 0;
    for (; head + tile_heads <= a.heads; head += tile_heads) attend_heads<L, tile_heads>(a, head, scores);
    switch (a.heads - head) {
        case 1:
            return attend_heads<L, 1>(a, head, scores);
        case 2:
            return attend_heads<L, 2>(a, head, scores);
        case 3:
            return attend_heads<L, 3>(a, head, scores);
        default:
            return;
    }
}

template <class L>
void merge(const MergeArguments& a) {
    for (int h = 0; h < a.heads; ++h) {
        const bool is_higher = a.part_highest[h] > a.highest[h];
        const float highest = is_higher ? a.part_highest[h] : a.highest[h];
        const float keep = exp_of<L>(a.highest[h] - highest);
        const float add = exp_of<L>(a.part_highest[h] - highest);
        a.highest[h] = highest;
        a.total[h] = a.total[h] * keep + a.part_total[h] * add;
        float* out = a.out + std::int64_t{h} * a.out_width;
        const float* part = a.part_out + std::int64_t{h} * a.out_width;
        for (int d = 0; d < a.out_width; d += L::lanes) {
            const auto kept = L::multiply(L::load(out + d), L::broadcast(keep));
            L::store(out + d, L::multiply_add(L::load(part + d), L::broadcast(add), kept));
        }
    }
}

template <class L>
void finish(const MergeArguments& a, float* out, std::int64_t stride) {
    for (int h = 0; h < a.heads; ++h) {
        const auto share = L::broadcast(1 / a.total[h]);
        const float* sum = a.out + std::int64_t{h} * a.out_width;
        for (int d = 0; d < a.out_width; d += L::lanes)
            L::store(out + h * stride + d, L::multiply(L::load(sum + d), share));
    }
}

}  // namespace heddle::engine
