// tests/engine/cpu/kernels_test.cpp: Tests the kernels of each instruction set against sums in double precision.
#include "engine/cpu/kernels.h"

#include <doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/cpu/packed_weight.h"
#include "engine/ops/numbers.h"

using namespace heddle::engine;

namespace {

std::vector<const Kernels*> kernels_here() {
    std::vector<const Kernels*> all = {&plain_kernels};
    if (&best_kernels() == &avx2_kernels) {
        all.push_back(&avx2_kernels);
    } else {
        MESSAGE("this processor has no AVX2, FMA and F16C: only the plain kernels are tested");
    }
    return all;
}

std::vector<float> randoms(std::size_t count, unsigned seed, float spread = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

// A tensor of the given type whose bytes and scales live here.
struct Tensor {
    std::vector<std::byte> bytes;
    std::vector<float> scales;
    WeightSource source;

    Tensor(DType type, std::int64_t rows, std::int64_t columns) {
        const std::vector<float> values = randoms(std::size_t(rows * columns), 3);
        bytes.resize(values.size() * size_of(type));
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::uint16_t narrow = float_to_bf16(values[i]);
            const std::uint8_t eight = e4m3_bits(round_to_e4m3(values[i] * (i % 5 == 0 ? 0.003f : 60)));
            if (type == DType::f32) std::memcpy(&bytes[i * 4], &values[i], 4);
            if (type == DType::bf16) std::memcpy(&bytes[i * 2], &narrow, 2);
            if (type == DType::f8_e4m3) bytes[i] = std::byte(eight);
        }
        source = {.type = type, .data = bytes.data(), .columns = columns, .rows = rows};
        source.block_rows = 24;
        source.block_columns = 40;
        if (type != DType::f8_e4m3) return;
        scales = randoms(std::size_t((rows + 23) / 24 * ((columns + 39) / 40)), 4);
        source.scales = reinterpret_cast<const std::byte*>(scales.data());
    }
};

double exact(const WeightSource& source, const float* x, std::int64_t output) {
    double sum = 0;
    for (std::int64_t k = 0; k < source.inputs(); ++k) {
        sum += double(x[k]) * double(widen(source, output, k)) * double(block_scale(source, output, k));
    }
    return sum;
}

}  // namespace

TEST_CASE("kernels: products of every type, shape and part agree with double precision, in any tile alike") {
    ThreadPool pool(2);
    for (const Kernels* kernels : kernels_here()) {
        for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
            Tensor tensor(type, 150, 90);
            for (const bool transposed : {false, true}) {
                WeightSource source = tensor.source;
                source.transposed = transposed;
                source.first_row = 17;  // in the middle of a block
                source.rows = 101;
                const PanelWeight weight(source, pool);
                const int inputs = weight.matrix().inputs, outputs = weight.matrix().outputs;
                const std::vector<float> x = randoms(std::size_t(20 * inputs), 5);
                std::vector<float> whole(std::size_t(20 * outputs)), single(whole.size());
                const int panels = (outputs + 15) / 16;
                kernels->multiply({&weight.matrix(), x.data(), inputs, whole.data(), outputs, 20, 0, panels});
                for (int row = 0; row < 20; ++row) {
                    kernels->multiply({&weight.matrix(), x.data() + row * inputs, inputs, single.data() + row * outputs,
                                       outputs, 1, 0, panels});
                }
                INFO(kernels->name, " ", name_of(type), " transposed ", transposed);
                CHECK(whole == single);
                double error = 0, size = 0;
                for (int row = 0; row < 20; ++row) {
                    for (int n = 0; n < outputs; ++n) {
                        const double sum = exact(source, x.data() + row * inputs, n);
                        error += std::pow(whole[std::size_t(row * outputs + n)] - sum, 2);
                        size += sum * sum;
                    }
                }
                CHECK(std::sqrt(error / size) < 1e-6);
            }
        }
    }
}

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
