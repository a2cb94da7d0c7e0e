// engine/cpu/sparse_avx2.cpp: The sparse path's inner loops for AVX2, FMA and F16C; compiled with these flags.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/lanes_avx2.h"
#include "engine/cpu/order_avx2.h"
#include "engine/cpu/score_bytes_avx2.h"
#include "engine/cpu/score_on_lanes.h"
#include "engine/cpu/widen_rows_on_lanes.h"

namespace heddle::engine {

using L = Avx2Lanes;

const SparseKernels avx2_sparse_kernels = {
    .name = "avx2",
    .tile_type = CacheRows::f32,
    .widen_rows = widen_rows<L>,
    .attend_tile = attend_tile<L>,
    .merge = merge<L>,
    .finish = finish<L>,
    .score = score<L>,
    .score_bytes = score_bytes_avx2,
    .collect = collect_avx2,
};

}  // namespace heddle::engine
