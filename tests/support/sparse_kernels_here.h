// tests/support/sparse_kernels_here.h: The sparse path's kernels that this processor can run, for tests of all of them.
#pragma once

#include <doctest.h>

#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::test {

inline std::vector<const engine::SparseKernels*> sparse_kernels_here() {
    std::vector<const engine::SparseKernels*> all = {&engine::plain_sparse_kernels};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
        all.push_back(&engine::avx2_sparse_kernels);
    } else {
        MESSAGE("this processor has no AVX2, FMA and F16C: only the plain kernels are tested");
    }
    return all;
}

}  // namespace heddle::test
