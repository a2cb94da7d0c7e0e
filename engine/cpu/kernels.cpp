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
           __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
}

Kernels with_avx512() {
    Kernels kernels = avx2_kernels;  // what is not a product takes too little time to be worth a copy
    kernels.name = "avx512";
    kernels.multiply = multiply_avx512;
    static const SparseKernels sparse = with_avx512(avx2_sparse_kernels);
    kernels.sparse = &sparse;
    return kernels;
}

}  // namespace

const Kernels& best_kernels() {
    if (!has_avx512()) return has_avx2() ? avx2_kernels : plain_kernels;
    static const Kernels avx512_kernels = with_avx512();  // only now: what puts it together is compiled for AVX-512 too
    return avx512_kernels;
}

}  // namespace heddle::engine
