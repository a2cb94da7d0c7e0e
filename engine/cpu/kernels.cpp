// engine/cpu/kernels.cpp: Asks the processor what it has; a further instruction set is a further line here.
#include "engine/cpu/kernels.h"

namespace heddle::engine {

namespace {

bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
           __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}

Kernels with_avx512(Activations activations, const SparseKernels& sparse) {
    Kernels kernels = avx2_kernels;  // what is not a product takes too little time to be worth a copy
    kernels.name = "avx512";
    kernels.multiply = activations == Activations::native ? multiply_avx512 : multiply_floats_avx512;
    kernels.direct_rows = avx512_direct_rows;
    kernels.sparse = &sparse;
    return kernels;
}

}  // namespace

const Kernels& best_kernels(Activations activations) {
    if (!has_avx512()) return has_avx2() ? avx2_kernels : plain_kernels;
    // Only now: what puts them together is compiled for AVX-512 too.
    static const SparseKernels native_sparse = with_avx512(avx2_sparse_kernels, Activations::native);
    static const SparseKernels float_sparse = with_avx512(avx2_sparse_kernels, Activations::f32);
    static const Kernels native = with_avx512(Activations::native, native_sparse);
    static const Kernels floats = with_avx512(Activations::f32, float_sparse);
    return activations == Activations::native ? native : floats;
}

}  // namespace heddle::engine
