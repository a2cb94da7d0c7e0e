// tests/engine/cpu/sparse_simde.cpp: The sparse path's kernels for AVX-512 once more, over its portable stand-in.
#include "tests/support/simde_avx512_sparse.h"

// After the stand-in's names.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/attend_pairs_avx512.h"
#include "engine/cpu/narrow_rows_avx512.h"
#include "engine/cpu/score_bytes_avx512.h"
#include "engine/cpu/sparse_lanes_avx512.h"
#include "tests/support/sparse_kernels_here.h"

namespace heddle::test {

namespace {

struct Portable;
using Lanes = engine::Avx512SparseLanes<Portable>;
using Pairs = engine::PairLanes<Portable>;

}  // namespace

engine::SparseKernels with_portable_avx512(const engine::SparseKernels& avx2, engine::Activations activations) {
    engine::SparseKernels kernels = avx2;
    const bool in_pairs = activations == engine::Activations::native;
    kernels.name = in_pairs ? "portable avx512" : "portable avx512 in floats";
    kernels.attend_tile = engine::attend_tile<Lanes>;
    if (in_pairs) {
        kernels.tile_type = engine::CacheRows::bf16;
        kernels.widen_rows = engine::narrow_rows<Pairs>;
        kernels.attend_tile = engine::attend_tile_in_pairs<Pairs>;
    }
    kernels.merge = engine::merge<Lanes>;
    kernels.finish = engine::finish<Lanes>;
    kernels.score_bytes = engine::score_bytes_in_fours<engine::ByteLanes<Portable>>;
    return kernels;
}

}  // namespace heddle::test
