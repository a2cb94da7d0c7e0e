// engine/cpu/sparse_plain.cpp: The sparse path's inner loops for any processor.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/lanes_plain.h"
#include "engine/cpu/score_on_lanes.h"
#include "engine/cpu/widen_rows_on_lanes.h"

namespace heddle::engine {

namespace {

using L = PlainLanes;

std::int64_t collect(const float* scores, std::int64_t count, float low, int* out) {
    int* const first = out;
    for (std::int64_t i = 0; i < count; ++i) {
        *out = static_cast<int>(i);
        out += !(scores[i] < low);
    }
    return out - first;
}

// Lanes are keys.
void score_bytes(const ScoreBytesArguments& a) {
    const auto* const keys = reinterpret_cast<const std::uint8_t*>(a.keys);
    float scores[key_block] = {};
    for (int h = 0; h < a.heads; ++h) {
        const std::int8_t* const q = a.q + std::int64_t{h} * a.dim;
        std::int32_t sums[key_block];
        for (std::int32_t& sum : sums) sum = a.offsets[h];
        for (int d = 0; d < a.dim; d += 4) {
            const std::uint8_t* const four = keys + d * key_block;
            for (int s = 0; s < key_block; ++s) {
                for (int i = 0; i < 4; ++i) sums[s] += q[d + i] * four[4 * s + i];
            }
        }
        for (int s = 0; s < key_block; ++s) {
            scores[s] += a.weights[h] * static_cast<float>(sums[s] > 0 ? sums[s] : 0);
        }
    }
    for (int s = 0; s < key_block; ++s) a.scores[s] = scores[s] * a.key_scales[s] + 0.0f;  // -0 becomes 0: the two tie
}

}  // namespace

const SparseKernels plain_sparse_kernels = {
    .name = "plain",
    .tile_type = CacheRows::f32,
    .widen_rows = widen_rows<L>,
    .attend_tile = attend_tile<L>,
    .merge = merge<L>,
    .finish = finish<L>,
    .score = score<L>,
    .score_bytes = score_bytes,
    .collect = collect,
};

}  // namespace heddle::engine
