// tests/engine/cpu/sparse_simde.cpp: The sparse path's kernels for AVX-512 once more, over its portable stand-in.
#include "tests/support/simde_avx512_sparse.h"

// After the stand-in's names.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/sparse_lanes_avx512.h"
#include "tests/support/sparse_kernels_here.h"

namespace heddle::test {

namespace {

struct Portable;
using Lanes = engine::Avx512SparseLanes<Portable>;

}  // namespace

engine::SparseKernels with_portable_avx512(const engine::SparseKernels& avx2) {
    engine::SparseKernels kernels = avx2;
    kernels.name = "portable avx512";
    kernels.attend_tile = engine::attend_tile<Lanes>;
    kernels.merge = engine::merge<Lanes>;
    kernels.finish = engine::finish<Lanes>;
    kernels.screen = engine::screen_avx512<Portable>;
    return kernels;
}

}  // namespace heddle::test
