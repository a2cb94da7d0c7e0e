// engine/cpu/sparse_avx512.cpp: The sparse path's inner loops for AVX-512 with BF16; compiled with these flags.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/attend_pairs_avx512.h"
#include "engine/cpu/narrow_rows_avx512.h"
#include "engine/cpu/score_bytes_avx512.h"
#include "engine/cpu/sparse_lanes_avx512.h"

namespace heddle::engine {

struct Native;
using L = Avx512SparseLanes<Native>;
using Pairs = PairLanes<Native>;

SparseKernels with_avx512(const SparseKernels& avx2, Activations activations) {
    SparseKernels kernels = avx2;  // what widens and sifts is held up by memory, not by arithmetic
    kernels.name = activations == Activations::native ? "avx512" : "avx512 in floats";
    kernels.attend_tile = attend_tile<L>;
    if (activations == Activations::native) {
        kernels.tile_type = CacheRows::bf16;
        kernels.widen_rows = narrow_rows<Pairs>;
        kernels.attend_tile = attend_tile_in_pairs<Pairs>;
    }
    kernels.merge = merge<L>;
    kernels.finish = finish<L>;
    kernels.score_bytes = score_bytes_in_fours<ByteLanes<Native>>;
    return kernels;
}

}  // namespace heddle::engine
