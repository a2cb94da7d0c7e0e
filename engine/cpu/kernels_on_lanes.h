// engine/cpu/kernels_on_lanes.h: The inner loops over any kind of lanes; each instruction set compiles its own copy.
#pragma once

#include "engine/cpu/kernels.h"
#include "engine/cpu/multiply_on_lanes.h"

// No function of the standard library in here: the linker keeps one copy of an inline function, and it might be the
// one that was compiled for instructions that the processor does not have.
namespace heddle::engine {

inline constexpr int tile_heads = 4;

template <class L>
void widen_keys(const std::uint8_t* keys, int dim, float* out) {
    for (int i = 0; i < dim * key_block; i += 8) L::store(out + i, L::load_e4m3_over_256(keys + i));
}

// Lanes are keys, so that the sum over heads needs no sum across lanes.
template <class L>
void score(const ScoreArguments& a) {
    using Vector = typename L::Vector;
    const Vector zero = L::broadcast(0);
    for (int block = 0; block < key_block; block += 16) {
        Vector score_low = zero, score_high = zero;
        for (int head = 0; head < a.heads; head += tile_heads) {
            const float* q[tile_heads];
            float weight[tile_heads];
            for (int h = 0; h < tile_heads; ++h) {  // behind the last head stands the last one again, weighing nothing
                const bool exists = head + h < a.heads;
                q[h] = a.q + std::int64_t{exists ? head + h : a.heads - 1} * a.dim;
                weight[h] = exists ? a.weights[head + h] : 0;
            }
            Vector low[tile_heads], high[tile_heads];
            for (int h = 0; h < tile_heads; ++h) low[h] = high[h] = zero;
            for (int d = 0; d < a.dim; ++d) {
                const Vector keys_low = L::load(a.keys + d * key_block + block);
                const Vector keys_high = L::load(a.keys + d * key_block + block + 8);
                for (int h = 0; h < tile_heads; ++h) {
                    const Vector query = L::broadcast(q[h][d]);
                    low[h] = L::multiply_add(query, keys_low, low[h]);
                    high[h] = L::multiply_add(query, keys_high, high[h]);
                }
            }
            for (int h = 0; h < tile_heads; ++h) {
                const Vector w = L::broadcast(weight[h]);
                score_low = L::multiply_add(w, L::larger(low[h], zero), score_low);
                score_high = L::multiply_add(w, L::larger(high[h], zero), score_high);
            }
        }
        if (a.key_scales != nullptr) {
            score_low = L::multiply(score_low, L::load(a.key_scales + block));
            score_high = L::multiply(score_high, L::load(a.key_scales + block + 8));
        }
        L::store(a.scores + block, L::add(score_low, zero));  // -0 becomes 0: the two tie
        L::store(a.scores + block + 8, L::add(score_high, zero));
    }
}

// Scores of four heads against all rows, two rows at a time.
template <class L>
void attend_scores(const AttendArguments& a, const float* const (&q)[tile_heads], int padded) {
    using Vector = typename L::Vector;
    for (int j = 0; j < a.count; j += 2) {
        const int next = j + 1 < a.count ? j + 1 : j;
        const float* rows[2] = {a.rows[j], a.rows[next]};
        Vector sum[2 * tile_heads];
        for (Vector& s : sum) s = L::broadcast(0);
        for (int d = 0; d < a.width; d += 8) {
            const Vector first = L::load(rows[0] + d);
            const Vector second = L::load(rows[1] + d);
            for (int h = 0; h < tile_heads; ++h) {
                const Vector query = L::load(q[h] + d);
                sum[h] = L::multiply_add(query, first, sum[h]);
                sum[tile_heads + h] = L::multiply_add(query, second, sum[tile_heads + h]);
            }
        }
        float sums[2 * tile_heads];
        L::store(sums, L::multiply(L::sums(sum), L::broadcast(a.scale)));
        for (int h = 0; h < tile_heads; ++h) {
            a.probabilities[h * padded + j] = sums[h];
            a.probabilities[h * padded + next] = sums[j == next ? h : tile_heads + h];
        }
    }
}

// Scores to e^(score - highest), not yet divided by their sum, which is returned.
template <class L>
float soften(float* scores, int count, int padded) {
    using Vector = typename L::Vector;
    float highest = scores[0];
    for (int j = 1; j < count; ++j) highest = scores[j] > highest ? scores[j] : highest;
    for (int j = count; j < padded; ++j) scores[j] = highest;
    Vector sum = L::broadcast(0);
    for (int j = 0; j < padded; j += 8) {
        const Vector power = L::exp(L::add(L::load(scores + j), L::broadcast(-highest)));
        L::store(scores + j, power);
        if (j + 8 <= count) sum = L::add(sum, power);
    }
    float total = L::sum(sum);
    for (int j = count / 8 * 8; j < count; ++j) total += scores[j];
    return total;
}

// Adds the rows up, weighed by four heads' probabilities; a block of rows at a time, so that they stay in cache while
// the output's columns go by.
template <class L>
void attend_sum(const AttendArguments& a, float* const (&out)[tile_heads], const float (&scales)[tile_heads],
                int padded) {
    using Vector = typename L::Vector;
    constexpr int row_block = 64;
    for (int first = 0; first < a.count; first += row_block) {
        const int last = first + row_block < a.count ? first + row_block : a.count;
        for (int d = 0; d < a.out_width; d += 16) {
            Vector low[tile_heads], high[tile_heads];
            for (int h = 0; h < tile_heads; ++h) {
                low[h] = first == 0 ? L::broadcast(0) : L::load(out[h] + d);
                high[h] = first == 0 ? L::broadcast(0) : L::load(out[h] + d + 8);
            }
            for (int j = first; j < last; ++j) {
                const Vector row_low = L::load(a.rows[j] + d);
                const Vector row_high = L::load(a.rows[j] + d + 8);
                for (int h = 0; h < tile_heads; ++h) {
                    const Vector p = L::broadcast(a.probabilities[h * padded + j]);
                    low[h] = L::multiply_add(p, row_low, low[h]);
                    high[h] = L::multiply_add(p, row_high, high[h]);
                }
            }
            for (int h = 0; h < tile_heads; ++h) {
                const Vector scale = L::broadcast(last == a.count ? scales[h] : 1);
                L::store(out[h] + d, L::multiply(low[h], scale));
                L::store(out[h] + d + 8, L::multiply(high[h], scale));
            }
        }
    }
}

template <class L>
void attend(const AttendArguments& a) {
    const int padded = (a.count + 7) / 8 * 8;
    for (int head = 0; head < a.heads; head += tile_heads) {
        const float* q[tile_heads];
        float* out[tile_heads];
        for (int h = 0; h < tile_heads; ++h) {  // behind the last head stands the last one again: the same, once more
            const int at = head + h < a.heads ? head + h : a.heads - 1;
            q[h] = a.q + at * a.q_stride;
            out[h] = a.out + at * a.q_stride;
        }
        attend_scores<L>(a, q, padded);
        float scales[tile_heads];
        for (int h = 0; h < tile_heads; ++h) scales[h] = 1 / soften<L>(a.probabilities + h * padded, a.count, padded);
        attend_sum<L>(a, out, scales, padded);
    }
}

template <class L>
void gate(const float* gate, const float* up, float* out, std::int64_t count) {
    const auto eight = [](const float* g, const float* u, float* o) {
        const auto x = L::load(g);
        const auto one = L::broadcast(1);
        const auto sigmoid = L::divide(one, L::add(one, L::exp(L::multiply(x, L::broadcast(-1)))));
        L::store(o, L::multiply(L::multiply(x, sigmoid), L::load(u)));
    };
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) eight(gate + i, up + i, out + i);
    if (i == count) return;
    float last_gate[8] = {}, last_up[8] = {}, last_out[8];
    for (std::int64_t n = i; n < count; ++n) {
        last_gate[n - i] = gate[n];
        last_up[n - i] = up[n];
    }
    eight(last_gate, last_up, last_out);
    for (std::int64_t n = i; n < count; ++n) out[n] = last_out[n - i];
}

template <class L>
float sum_of_squares(const float* x, std::int64_t count) {
    auto sum = L::broadcast(0);
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const auto values = L::load(x + i);
        sum = L::multiply_add(values, values, sum);
    }
    float total = L::sum(sum);
    for (; i < count; ++i) total += x[i] * x[i];
    return total;
}

template <class L>
constexpr Kernels kernels_on(const char* name) {
    return {name, multiply<L>, widen_keys<L>, score<L>, attend<L>, gate<L>, sum_of_squares<L>};
}

}  // namespace heddle::engine
