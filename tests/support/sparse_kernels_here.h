// tests/support/sparse_kernels_here.h: The sparse path's kernels that this processor can run, for tests of all of them.
#pragma once

#include <doctest.h>

#include <vector>

#include "engine/cpu/kernels.h"
#include "engine/cpu/sparse_kernels.h"

namespace heddle::test {

engine::SparseKernels with_portable_avx512(const engine::SparseKernels& avx2, engine::Activations activations);

inline std::vector<const engine::SparseKernels*> find_sparse_kernels() {
    std::vector<const engine::SparseKernels*> all = {&engine::plain_sparse_kernels};
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) {
        MESSAGE("this processor has no AVX2, FMA and F16C: only the plain kernels of the sparse path are tested");
        return all;
    }
    all.push_back(&engine::avx2_sparse_kernels);
    static std::vector<engine::SparseKernels> of_avx512;
    const bool is_here = engine::best_kernels().multiply == engine::multiply_avx512;
    for (const auto activations : {engine::Activations::native, engine::Activations::f32}) {
        of_avx512.push_back(with_portable_avx512(engine::avx2_sparse_kernels, activations));
        if (is_here) of_avx512.push_back(engine::with_avx512(engine::avx2_sparse_kernels, activations));
    }
    if (!is_here) MESSAGE("this processor lacks AVX-512 in part: its sparse kernels are tested over a stand-in only");
    for (const auto& kernels : of_avx512) all.push_back(&kernels);
    return all;
}

inline const std::vector<const engine::SparseKernels*>& sparse_kernels_here() {
    static const auto all = find_sparse_kernels();  // once, for what it says of missing ones
    return all;
}

}  // namespace heddle::test
