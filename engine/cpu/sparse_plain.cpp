// engine/cpu/sparse_plain.cpp: The sparse path's inner loops for any processor.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/score_on_lanes.h"
#include "engine/cpu/sparse_lanes_plain.h"
#include "engine/cpu/widen_rows_on_lanes.h"

namespace heddle::engine {

namespace {

using L = PlainSparseLanes;

std::int64_t collect(const float* scores, std::int64_t count, float low, int* out) {
    int* const first = out;
    for (std::int64_t i = 0; i < count; ++i) {
        *out = static_cast<int>(i);
        out += !(scores[i] < low);
    }
    return out - first;
}

std::int64_t contend(const float* scores, const float* key_scales, float slack, float low, int first, int* out,
                     float* sums) {
    std::int64_t found = 0;
    for (int i = 0; i < key_block; ++i) {
        out[found] = first + i;
        sums[found] = scores[i] + slack * key_scales[i];
        found += !(sums[found] < low);
    }
    return found;
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
    .widen_keys = widen_keys<L>,
    .quick = QuickNumbers::none,
    .screen = nullptr,
    .widen_keys_fixed = nullptr,
    .collect = collect,
    .contend = contend,
};

}  // namespace heddle::engine
