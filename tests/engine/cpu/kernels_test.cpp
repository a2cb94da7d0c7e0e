// tests/engine/cpu/kernels_test.cpp: Tests the kernels of each instruction set against sums in double precision.
#include "engine/cpu/kernels.h"

#include <doctest.h>

#include <cmath>
#include <vector>

using namespace heddle::engine;

namespace {

std::vector<const Kernels*> kernels_here() {
    std::vector<const Kernels*> all = {&plain_kernels};
    if (&best_kernels() != &plain_kernels) {
        all.push_back(&avx2_kernels);
    } else {
        MESSAGE("this processor has no AVX2, FMA and F16C: only the plain kernels are tested");
    }
    return all;
}

}  // namespace

TEST_CASE("kernels: the gate agrees with double precision, from very small to very large") {
    for (const Kernels* kernels : kernels_here()) {
        std::vector<float> gate, up, out;
        for (float x = -120; x < 120; x += 0.37f) {
            gate.push_back(x);
            up.push_back(1.5f);
        }
        out.resize(gate.size());
        kernels->gate(gate.data(), up.data(), out.data(), std::int64_t(gate.size()));
        for (std::size_t i = 0; i < gate.size(); ++i) {
            const double expected = gate[i] / (1 + std::exp(-double(gate[i]))) * 1.5;
            CHECK(std::fabs(out[i] - expected) <= 1e-6 * std::fabs(expected) + 1e-30);
        }
    }
}
