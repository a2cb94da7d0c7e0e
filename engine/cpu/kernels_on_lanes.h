// engine/cpu/kernels_on_lanes.h: The inner loops over any kind of lanes; each instruction set compiles its own copy.
#pragma once

#include "engine/cpu/kernels.h"
#include "engine/cpu/multiply_blocked.h"

// No function of the standard library in here: the linker keeps one copy of an inline function, and it might be the
// one that was compiled for instructions that the processor does not have.
namespace heddle::engine {

template <class L>
void gate(const float* gate, const float* up, float* out, std::int64_t count) {
    const auto eight = [](const float* g, const float* u, float* o) {
        const auto x = L::load(g);
        const auto one = L::broadcast(1);
        const auto sigmoid = L::divide(one, L::add(one, L::exp(L::multiply(x, L::broadcast(-1)))));
        L::store(o, L::multiply(L::multiply(x, sigmoid), L::load(u)));
    };
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) eight(gate + i, up + i, out + i);
    if (i == count) return;
    float last_gate[8] = {}, last_up[8] = {}, last_out[8];
    for (std::int64_t n = i; n < count; ++n) {
        last_gate[n - i] = gate[n];
        last_up[n - i] = up[n];
    }
    eight(last_gate, last_up, last_out);
    for (std::int64_t n = i; n < count; ++n) out[n] = last_out[n - i];
}

template <class L>
float sum_of_squares(const float* x, std::int64_t count) {
    auto sum = L::broadcast(0);
    std::int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
        const auto values = L::load(x + i);
        sum = L::multiply_add(values, values, sum);
    }
    float total = L::sum(sum);
    for (; i < count; ++i) total += x[i] * x[i];
    return total;
}

// `P`: how products go; `L`: the lanes of all else.
template <class P, class L>
constexpr Kernels kernels_on(const char* name, const SparseKernels& sparse) {
    return {name, multiply<P, P>, P::direct_rows, gate<L>, sum_of_squares<L>, &sparse};
}

}  // namespace heddle::engine
