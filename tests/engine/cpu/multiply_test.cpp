// tests/engine/cpu/multiply_test.cpp: Tests that products are right, and the same bits in any tile, task and thread.
#include <doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/ops/numbers.h"
#include "tests/support/multiply_ways.h"
#include "tests/support/product_tensor.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

// Rows [first, first + rows) of x by panels [panel_first, panel_last), into a matrix like that of all.
void multiply(const MultiplyWay& way, const PanelMatrix& matrix, const std::vector<float>& x, std::vector<float>& out,
              int first, int rows, int panel_first, int panel_last, bool is_direct) {
    MultiplyArguments arguments{.matrix = &matrix,
                                .x = x.data() + std::int64_t{first} * matrix.inputs,
                                .x_stride = matrix.inputs,
                                .out = out.data() + std::int64_t{first} * matrix.outputs,
                                .out_stride = matrix.outputs,
                                .rows = rows,
                                .panel_first = panel_first,
                                .panel_last = panel_last,
                                .is_direct = is_direct,
                                .room = nullptr,
                                .next = nullptr,
                                .next_stride = 0};
    const Buffer room(host_device(), static_cast<std::size_t>(multiply_room(arguments)) * 4);
    arguments.room = reinterpret_cast<std::uint32_t*>(room.data());
    way.multiply(arguments);
}

// What a product that rounds its inputs has to be held against.
std::vector<float> rounded_to_bf16(std::vector<float> x) {
    for (float& value : x) value = bf16_to_float(float_to_bf16(value));
    return x;
}

}  // namespace

TEST_CASE("multiply: products of every type, shape and part agree with double precision") {
    ThreadPool pool(2);
    WeightShelf shelf;
    for (const MultiplyWay& way : multiply_ways()) {
        for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
            const ProductTensor tensor(type, 150, 290, 24, 40, 3);
            for (const bool transposed : {false, true}) {
                for (const bool keeps_inputs : {false, true}) {
                    WeightSource source = tensor.source;
                    source.transposed = transposed;
                    source.keeps_inputs = keeps_inputs;
                    source.first_row = 17;  // in the middle of a block
                    source.rows = 101;
                    const PanelWeight weight(source, pool, shelf);
                    const int inputs = weight.matrix().inputs, outputs = weight.matrix().outputs, rows = 20;
                    const std::vector<float> x = normal_floats(std::size_t(rows * inputs), 5);
                    std::vector<float> out(std::size_t(rows * outputs));
                    for (const bool is_direct : {false, true}) {
                        multiply(way, weight.matrix(), x, out, 0, rows, 0, (outputs + 15) / 16, is_direct);
                        INFO(std::string(way.name), " ", name_of(type), " transposed ", transposed, " keeps inputs ",
                             keeps_inputs, " direct ", is_direct);
                        const bool rounds = way.rounds_inputs && !keeps_inputs && type != DType::f32;
                        CHECK(distance(source, rounds ? rounded_to_bf16(x) : x, out, rows) < 1e-6);
                        std::ranges::fill(out, NAN);
                    }
                }
            }
        }
    }
}

TEST_CASE("multiply: any shape gives the same bits row by row, panel by panel and all at once") {
    std::mt19937 random(11);
    ThreadPool pool(2);
    WeightShelf shelf;
    const auto up_to = [&](int most) { return 1 + static_cast<int>(random() % unsigned(most)); };
    for (int round = 0; round < 60; ++round) {
        const DType type = round % 3 == 0 ? DType::f32 : round % 3 == 1 ? DType::bf16 : DType::f8_e4m3;
        const ProductTensor tensor(type, up_to(200), up_to(400), up_to(150), up_to(300), unsigned(round));
        WeightSource source = tensor.source;
        source.transposed = random() % 2 == 0;
        source.keeps_inputs = random() % 3 == 0;
        const PanelWeight weight(source, pool, shelf);
        const int inputs = weight.matrix().inputs, outputs = weight.matrix().outputs, rows = up_to(40);
        const int panels = (outputs + 15) / 16;
        const std::vector<float> x = normal_floats(std::size_t(rows * inputs), unsigned(round));
        for (const MultiplyWay& way : multiply_ways()) {
            INFO(way.name, " ", name_of(type), " ", rows, " rows of ", inputs, " to ", outputs);
            std::vector<float> whole(std::size_t(rows * outputs)), single(whole.size()), parts(whole.size());
            multiply(way, weight.matrix(), x, whole, 0, rows, 0, panels, round % 2 == 0);
            for (int row = 0; row < rows; ++row) multiply(way, weight.matrix(), x, single, row, 1, 0, panels, true);
            for (int row = 0; row < rows;) {
                const int height = std::min(up_to(16), rows - row);
                for (int panel = 0; panel < panels;) {
                    const int width = std::min(up_to(11), panels - panel);
                    multiply(way, weight.matrix(), x, parts, row, height, panel, panel + width, random() % 2 == 0);
                    panel += width;
                }
                row += height;
            }
            CHECK(whole == single);
            CHECK(whole == parts);
        }
    }
}

TEST_CASE("multiply: batches of products give the same bits with any number of rows and threads") {
    std::mt19937 random(7);
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        const ProductTensor wide(type, 200, 260, 128, 128, 1), narrow(type, 36, 260, 32, 32, 2);
        const int rows = 300, inputs = 260;
        const std::vector<float> x = normal_floats(std::size_t(rows * inputs), 3);
        std::vector<float> expected[2];
        for (const int threads : {1, 2, 3, 4}) {
            CpuOps ops(best_kernels(), threads, true, CacheRows::f32);
            const auto weights = {ops.pack_matrix(wide.source), ops.pack_matrix(narrow.source)};
            for (int round = 0; round < 4; ++round) {
                std::vector<float> out[2];
                std::vector<Product> products;
                // Split at random: as parts of one batch, in which each part is a product of its own.
                for (std::size_t w = 0; w < 2; ++w) {
                    const auto& weight = *(weights.begin() + w);
                    out[w].resize(std::size_t(rows * weight->rows()));
                    for (std::int64_t row = 0; row < rows;) {
                        const std::int64_t height =
                            std::min<std::int64_t>(round == 0 ? rows : 1 + std::int64_t(random() % 90), rows - row);
                        const auto part = [&](std::vector<float>& all, std::int64_t columns) {
                            return Rows{reinterpret_cast<std::byte*>(all.data() + row * columns), height, columns,
                                        columns, sizeof(float)};
                        };
                        products.push_back({part(const_cast<std::vector<float>&>(x), inputs), weight.get(),
                                            part(out[w], weight->rows())});
                        row += height;
                    }
                }
                ops.multiply(products);
                for (std::size_t w = 0; w < 2; ++w) {
                    if (expected[w].empty()) expected[w] = out[w];
                    INFO(name_of(type), " threads ", threads, " round ", round);
                    CHECK(out[w] == expected[w]);
                }
            }
        }
        const bool rounds = best_kernels().multiply == multiply_avx512 && type != DType::f32;
        CHECK(distance(wide.source, rounds ? rounded_to_bf16(x) : x, expected[0], rows) < 1e-6);
    }
}

TEST_CASE("multiply: every e4m3 number is widened exactly, wherever it stands in its word") {
    ThreadPool pool(1);
    WeightShelf shelf;
    for (const MultiplyWay& way : multiply_ways()) {
        for (int shift = 0; shift < 4; ++shift) {
            // Row n of the weight has one element, number n, behind `shift` zeros.
            std::vector<std::uint8_t> bits(256 * 4);
            for (int n = 0; n < 256; ++n) bits[std::size_t(n * 4 + shift)] = (n & 0x7f) == 0x7f ? 0 : std::uint8_t(n);
            const float one = 1;
            WeightSource source{.type = DType::f8_e4m3, .data = reinterpret_cast<const std::byte*>(bits.data())};
            source.columns = 4;
            source.rows = 256;
            source.scales = reinterpret_cast<const std::byte*>(&one);
            source.block_rows = 256;
            const PanelWeight weight(source, pool, shelf);
            std::vector<float> out(8 * 256);
            multiply(way, weight.matrix(), std::vector<float>(8 * 4, 1.0f), out, 0, 1, 0, 16, true);
            multiply(way, weight.matrix(), std::vector<float>(8 * 4, 1.0f), out, 1, 7, 0, 16, false);
            for (int n = 0; n < 256; ++n) {
                const float expected = e4m3_to_float(bits[std::size_t(n * 4 + shift)]);
                CHECK(out[std::size_t(n)] == expected);
                CHECK(out[std::size_t(256 + n)] == expected);
            }
        }
    }
}
