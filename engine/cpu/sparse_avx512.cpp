// engine/cpu/sparse_avx512.cpp: The sparse path's inner loops for AVX-512 with VNNI; compiled with these flags.
#include "engine/cpu/attend_on_lanes.h"
#include "engine/cpu/sparse_lanes_avx512.h"

namespace heddle::engine {

struct Native;
using L = Avx512SparseLanes<Native>;

// Attention stays in floats: rounding its queries to bf16 would be as fast again, and other logits.
SparseKernels with_avx512(const SparseKernels& avx2) {
    SparseKernels kernels = avx2;  // what widens and sifts is held up by memory, not by arithmetic
    kernels.name = "avx512";
    kernels.attend_tile = attend_tile<L>;
    kernels.merge = merge<L>;
    kernels.finish = finish<L>;
    kernels.screen = screen_avx512<Native>;
    return kernels;
}

}  // namespace heddle::engine
