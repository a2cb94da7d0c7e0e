// engine/cpu/score_on_lanes.h: The indexer's scores of one block of unrounded keys, as sums of floats.
#pragma once

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

inline constexpr int score_heads = 4;

// Lanes are keys, so that the sum over heads needs no sum across lanes.
template <class L>
void score(const ScoreArguments& a) {
    using Vector = typename L::Vector;
    const float* const keys = a.keys;
    const Vector zero = L::broadcast(0);
    for (int block = 0; block < key_block; block += 16) {
        Vector score_low = zero, score_high = zero;
        for (int head = 0; head < a.heads; head += score_heads) {
            const float* q[score_heads];
            float weight[score_heads];
            for (int h = 0; h < score_heads; ++h) {  // behind the last head stands the last one again, weighing nothing
                const bool exists = head + h < a.heads;
                q[h] = a.q + std::int64_t{exists ? head + h : a.heads - 1} * a.dim;
                weight[h] = exists ? a.weights[head + h] : 0;
            }
            Vector low[score_heads], high[score_heads];
            for (int h = 0; h < score_heads; ++h) low[h] = high[h] = zero;
            for (int d = 0; d < a.dim; ++d) {
                const Vector keys_low = L::load(keys + d * key_block + block);
                const Vector keys_high = L::load(keys + d * key_block + block + 8);
                for (int h = 0; h < score_heads; ++h) {
                    const Vector query = L::broadcast(q[h][d]);
                    low[h] = L::multiply_add(query, keys_low, low[h]);
                    high[h] = L::multiply_add(query, keys_high, high[h]);
                }
            }
            for (int h = 0; h < score_heads; ++h) {
                const Vector w = L::broadcast(weight[h]);
                score_low = L::multiply_add(w, L::larger(low[h], zero), score_low);
                score_high = L::multiply_add(w, L::larger(high[h], zero), score_high);
            }
        }
        L::store(a.scores + block, L::add(score_low, zero));  // -0 becomes 0: the two tie
        L::store(a.scores + block + 8, L::add(score_high, zero));
    }
}

}  // namespace heddle::engine
