// engine/cpu/attend_pairs_avx512.h: Attention to one tile whose rows are bf16, two products a lane and instruction.
#pragma once

#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/product_avx512.h"
#include "engine/cpu/sparse_lanes_avx512.h"

// As attend_on_lanes.h has it, with queries and probabilities rounded to bf16; what the cache holds as e4m3 or bf16 is
// exact here. Scores take two neighbouring columns a lane, the weighted sum two neighbouring rows: those are laced word
// by word on the way, which leaves columns in an order of its own within each 32, mended where sums are loaded and
// stored. A score is one sum over the row, a weighted sum takes the pairs of rows in order.
namespace heddle::engine {

inline constexpr int pair_columns = 32;  // a vector of bf16
inline constexpr int score_rows = 4;     // by four heads: sixteen sums, whose turning is one step for all

template <class Tag>
struct PairLanes : Avx512SparseLanes<Tag> {
    using Vector = __m512;

    static __m512i load_words(const std::uint16_t* from) { return _mm512_loadu_si512(from); }
    static __m512i load_sixteen(const std::uint16_t* from) {  // zeros behind them
        return _mm512_castps_si512(_mm512_maskz_loadu_ps(0xff, reinterpret_cast<const float*>(from)));
    }
    static Vector dot(Vector sum, __m512i a, __m512i b) {
        return _mm512_dpbf16_ps(sum, __builtin_bit_cast(__m512bh, a), __builtin_bit_cast(__m512bh, b));
    }
    static void store_words(std::uint16_t* to, __m512i words) { _mm512_storeu_si512(to, words); }
    static __m512i narrow(Vector low, Vector high) {
        return __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(high, low));
    }
    // Columns 0-3, 8-11, 16-19, 24-27 of 32, and the others: as lacing the words of two rows leaves them.
    static Vector first_half(Vector low, Vector high) {
        return _mm512_permutex2var_ps(low, _mm512_loadu_si512(first_order), high);
    }
    static Vector last_half(Vector low, Vector high) {
        return _mm512_permutex2var_ps(low, _mm512_loadu_si512(last_order), high);
    }
    // And back.
    static Vector low_columns(Vector first, Vector last) {
        return _mm512_permutex2var_ps(first, _mm512_loadu_si512(low_order), last);
    }
    static Vector high_columns(Vector first, Vector last) {
        return _mm512_permutex2var_ps(first, _mm512_loadu_si512(high_order), last);
    }

    // Halves of 16 bytes, of the one and the other in turn.
    static __m512i first_quarters(__m512i low, __m512i high) {
        return _mm512_permutex2var_epi64(low, _mm512_loadu_si512(first_quarter_order), high);
    }
    static __m512i last_quarters(__m512i low, __m512i high) {
        return _mm512_permutex2var_epi64(low, _mm512_loadu_si512(last_quarter_order), high);
    }

 private:
    static constexpr std::int64_t first_quarter_order[] = {0, 1, 8, 9, 2, 3, 10, 11};
    static constexpr std::int64_t last_quarter_order[] = {4, 5, 12, 13, 6, 7, 14, 15};
    static constexpr int first_order[] = {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27};
    static constexpr int last_order[] = {4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31};
    static constexpr int low_order[] = {0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23};
    static constexpr int high_order[] = {8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31};
};

template <class L>  // so that each instruction set has its own copy
const std::uint16_t* pair_row(const TileArguments& a, int row) {
    return static_cast<const std::uint16_t*>(a.rows[row < a.count ? row : a.count - 1]);
}

// Queries of H heads as bf16: [H, width].
template <class L, int H>
void narrow_queries(const TileArguments& a, int head, std::uint16_t* out) {
    for (int h = 0; h < H; ++h) {
        const float* const q = a.q + (head + h) * a.q_stride;
        for (int d = 0; d < a.width; d += pair_columns) {
            const bool is_whole = d + pair_columns <= a.width;
            const auto high = is_whole ? L::load(q + d + L::lanes) : L::broadcast(0);
            const __m512i words = L::narrow(L::load(q + d), high);
            std::uint16_t* const to = out + h * a.width + d;
            if (is_whole) {
                L::store_words(to, words);
            } else {
                __builtin_memcpy(to, &words, L::lanes * sizeof *to);
            }
        }
    }
}

template <class L, int H, class Load>
void add_columns(typename L::Vector (&sum)[L::lanes], const std::uint16_t* const (&rows)[score_rows],
                 const std::uint16_t* q, int width, int d, const Load& load) {
    __m512i row[score_rows];
    for (int r = 0; r < score_rows; ++r) row[r] = load(rows[r] + d);
    for (int h = 0; h < H; ++h) {
        const __m512i query = load(q + h * width + d);
        for (int r = 0; r < score_rows; ++r) {
            sum[r * tile_heads + h] = L::dot(sum[r * tile_heads + h], query, row[r]);
        }
    }
}

// Scores of H heads against all rows of the tile, [H, tile_rows].
template <class L, int H>
void pair_scores(const TileArguments& a, const std::uint16_t* q, bool is_first_group, float* scores) {
    for (int j = 0; j < a.count; j += score_rows) {
        const std::uint16_t* rows[score_rows];
        for (int r = 0; r < score_rows; ++r) {
            rows[r] = pair_row<L>(a, j + r);
            if (is_first_group) fetch<L>(a, j + r);
        }
        typename L::Vector sum[L::lanes];
        for (auto& s : sum) s = L::broadcast(0);
        int d = 0;
        for (; d + pair_columns <= a.width; d += pair_columns)
            add_columns<L, H>(sum, rows, q, a.width, d, L::load_words);
        if (d < a.width) add_columns<L, H>(sum, rows, q, a.width, d, L::load_sixteen);
        float sums[L::lanes];
        L::store(sums, L::multiply(L::sums(sum), L::broadcast(a.scale)));
        for (int r = 0; r < score_rows && j + r < a.count; ++r) {
            for (int h = 0; h < H; ++h) scores[h * tile_rows + j + r] = sums[r * tile_heads + h];
        }
    }
}

// Probabilities of one head as pairs of bf16, zeros behind the last.
template <class L>
void narrow_probabilities(int count, const float* p, std::uint16_t* out) {
    for (int j = 0; j < tile_rows; j += pair_columns) {
        const auto part = [&](int first) { return first < count ? L::load(p + first) : L::broadcast(0); };
        L::store_words(out + j, L::narrow(part(j), part(j + L::lanes)));
    }
}

// Adds the rows, weighed by H heads' probabilities [H, tile_rows], to columns [d, d + 32) of each head's sum.
template <class L, int H, bool is_whole>
void pair_sum(const TileArguments& a, int head, const std::uint16_t* p, int d) {
    using Vector = typename L::Vector;
    float* const out = a.out + std::int64_t{head} * a.out_width + d;
    Vector first[H], last[H];
    for (int h = 0; h < H; ++h) {
        if (a.is_first) {
            first[h] = last[h] = L::broadcast(0);
            continue;
        }
        const Vector low = L::load(out + std::int64_t{h} * a.out_width);
        const Vector high = is_whole ? L::load(out + std::int64_t{h} * a.out_width + L::lanes) : L::broadcast(0);
        first[h] = L::first_half(low, high);
        last[h] = L::last_half(low, high);
    }
    for (int j = 0; j < a.count; j += 2) {
        const std::uint16_t *const even = pair_row<L>(a, j) + d, *const odd = pair_row<L>(a, j + 1) + d;
        const __m512i above = is_whole ? L::load_words(even) : L::load_sixteen(even);
        const __m512i below = is_whole ? L::load_words(odd) : L::load_sixteen(odd);
        const __m512i low = _mm512_unpacklo_epi16(above, below), high = _mm512_unpackhi_epi16(above, below);
        for (int h = 0; h < H; ++h) {
            int both = 0;
            __builtin_memcpy(&both, p + h * tile_rows + j, sizeof both);
            const __m512i weight = _mm512_set1_epi32(both);
            first[h] = L::dot(first[h], weight, low);
            last[h] = L::dot(last[h], weight, high);
        }
    }
    for (int h = 0; h < H; ++h) {
        L::store(out + std::int64_t{h} * a.out_width, L::low_columns(first[h], last[h]));
        if (is_whole) L::store(out + std::int64_t{h} * a.out_width + L::lanes, L::high_columns(first[h], last[h]));
    }
}

// H heads, at most tile_heads at a time for their scores: a strip of the rows stays in the first cache for all.
template <class L, int H>
void attend_heads_in_pairs(const TileArguments& a, int head) {
    constexpr int step = H < tile_heads ? H : tile_heads;
    alignas(64) float scores[step * tile_rows];
    alignas(64) std::uint16_t p[H * tile_rows];
    auto* const q = static_cast<std::uint16_t*>(a.room);
    narrow_queries<L, H>(a, head, q);
    for (int h = 0; h < H; h += step) {
        pair_scores<L, step>(a, q + h * a.width, head + h == 0, scores);
        for (int i = 0; i < step; ++i) {
            soften<L>(a, head + h + i, scores + i * tile_rows);
            narrow_probabilities<L>(a.count, scores + i * tile_rows, p + (h + i) * tile_rows);
        }
    }
    int d = 0;
    for (; d + pair_columns <= a.out_width; d += pair_columns) pair_sum<L, H, true>(a, head, p, d);
    if (d < a.out_width) pair_sum<L, H, false>(a, head, p, d);
}

template <class L>
void attend_tile_in_pairs(const TileArguments& a) {
    static_assert(room_heads == 8);
    int head = 0;
    for (; head + 8 <= a.heads; head += 8) attend_heads_in_pairs<L, 8>(a, head);
    for (; head + 4 <= a.heads; head += 4) attend_heads_in_pairs<L, 4>(a, head);
    for (; head < a.heads; ++head) attend_heads_in_pairs<L, 1>(a, head);
}

}  // namespace heddle::engine
