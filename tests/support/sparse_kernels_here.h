// tests/support/sparse_kernels_here.h: The sparse path's kernels that this processor can run, for tests of all of them.
#pragma once

#include <doctest.h>

#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::test {

engine::SparseKernels with_portable_avx512(const engine::SparseKernels& avx2);

inline std::vector<const engine::SparseKernels*> find_sparse_kernels() {
    std::vector<const engine::SparseKernels*> all = {&engine::plain_sparse_kernels};
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) {
        MESSAGE("this processor has no AVX2, FMA and F16C: only the plain kernels of the sparse path are tested");
        return all;
    }
    static const engine::SparseKernels portable = with_portable_avx512(engine::avx2_sparse_kernels);
    all.push_back(&engine::avx2_sparse_kernels);
    all.push_back(&portable);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni")) {
        static const engine::SparseKernels native = engine::with_avx512(engine::avx2_sparse_kernels);
        all.push_back(&native);
    } else {
        MESSAGE("this processor has no AVX-512 with VNNI: its sparse kernels are tested over a stand-in only");
    }
    return all;
}

inline const std::vector<const engine::SparseKernels*>& sparse_kernels_here() {
    static const auto all = find_sparse_kernels();  // once, for what it says of missing ones
    return all;
}

}  // namespace heddle::test
