// tests/support/multiply_ways.h: Every set of product kernels that can run here, the portable copy of AVX-512 included.
#pragma once

#include <doctest.h>

#include <vector>

#include "engine/cpu/kernels.h"

namespace heddle::test {

struct MultiplyWay {
    const char* name;
    void (*multiply)(const engine::MultiplyArguments&);
    bool rounds_inputs;  // to bf16, where the matrix allows it
};

void multiply_portable_avx512(const engine::MultiplyArguments& arguments);

inline std::vector<MultiplyWay> find_multiply_ways() {
    std::vector<MultiplyWay> ways = {{"plain", engine::plain_kernels.multiply, false},
                                     {"portable avx512", multiply_portable_avx512, true}};
    if (&engine::best_kernels() == &engine::plain_kernels) {
        MESSAGE("this processor has no AVX2, FMA and F16C: the kernels for these are not tested");
        return ways;
    }
    ways.push_back({"avx2", engine::avx2_kernels.multiply, false});
    if (engine::best_kernels().multiply == engine::multiply_avx512) {
        ways.push_back({"avx512", engine::multiply_avx512, true});
        ways.push_back({"avx512 in floats", engine::multiply_floats_avx512, false});
    } else {
        MESSAGE("this processor has no AVX-512 with BF16 and VBMI: its kernels are tested over a stand-in only");
    }
    return ways;
}

inline const std::vector<MultiplyWay>& multiply_ways() {
    static const std::vector<MultiplyWay> ways = find_multiply_ways();  // once, for what it says of missing ones
    return ways;
}

}  // namespace heddle::test
