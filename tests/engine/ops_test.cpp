// tests/engine/ops_test.cpp: Tests the small kernels of every back end on cases that can be checked by hand.
#include "engine/ops/ops.h"

#include <doctest.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/backend.h"

using namespace heddle::engine;

namespace {

// Activations in the back end's own element type; a test sees doubles.
class Block {
 public:
    Block(const Ops& ops, std::int64_t rows, std::int64_t columns, const std::vector<double>& values = {})
        : bytes_(static_cast<std::size_t>(rows * columns * ops.element_bytes())),
          view_{bytes_.data(), rows, columns, columns, ops.element_bytes()} {
        for (std::size_t i = 0; i < values.size(); ++i) set(i, values[i]);
    }
    const Rows& view() const { return view_; }
    std::vector<double> values() const {
        std::vector<double> all;
        for (std::int64_t i = 0; i < view_.rows * view_.columns; ++i) {
            all.push_back(is_double() ? view_.row<double>(0)[i] : double(view_.row<float>(0)[i]));
        }
        return all;
    }

 private:
    bool is_double() const { return view_.element_bytes == sizeof(double); }
    void set(std::size_t i, double value) {
        if (is_double()) {
            view_.row<double>(0)[i] = value;
        } else {
            view_.row<float>(0)[i] = float(value);
        }
    }

    std::vector<std::byte> bytes_;
    Rows view_;
};

WeightSource source_of(const std::vector<float>& values, std::int64_t rows) {
    const auto columns = static_cast<std::int64_t>(values.size()) / rows;
    return {.data = reinterpret_cast<const std::byte*>(values.data()), .columns = columns, .rows = rows};
}

void on_each(const std::function<void(Ops&)>& check) {
    for (const char* name : {"reference", "cpu"}) {
        INFO(name);
        const auto ops = make_backend(name, 2, {true, CacheRows::f32, Activations::f32});
        check(*ops);
    }
}

void check_near(const Block& found, const std::vector<double>& expected) {
    const auto values = found.values();
    REQUIRE(values.size() == expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        INFO("element ", i);
        CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
    }
}

RouteParams routing(int per_token, int groups = 1, int groups_kept = 1) {
    RouteParams params;
    params.per_token = per_token;
    params.groups = groups;
    params.groups_kept = groups_kept;
    return params;
}

// What a router says about `logits`: the experts it chose and their weights.
struct Choice {
    std::vector<int> chosen;
    std::vector<double> weights;
};

Choice route(Ops& ops, const std::vector<double>& logits, const std::vector<float>& bias, RouteParams params) {
    const Block in(ops, 1, std::int64_t(logits.size()), logits);
    const Block weights(ops, 1, params.per_token);
    const auto packed = ops.pack_vector(source_of(bias, 1));
    Choice choice;
    choice.chosen.resize(std::size_t(params.per_token));
    params.logits = in.view();
    params.bias = packed.get();
    params.experts = int(logits.size());
    params.chosen = choice.chosen.data();
    params.weights = weights.view();
    ops.route(params);
    choice.weights = weights.values();
    return choice;
}

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

}  // namespace

TEST_CASE("ops: a quarter turn takes neighbours to neighbours when interleaved, and halves to halves when split") {
    on_each([](Ops& ops) {
        const double cosines[] = {0, 0}, sines[] = {1, 1};
        const std::vector<double> x{9, 1, 2, 3, 4, 9, 5, 6, 7, 8};  // two heads of four, each behind one more
        const auto turned = [&](RopeLayout layout) {
            Block block(ops, 1, 10, x);
            ops.rope({block.view(), 1, 5, block.view(), 1, 5, 2, 4, layout, cosines, sines});
            return block;
        };
        check_near(turned(RopeLayout::interleaved), {9, -2, 1, -4, 3, 9, -6, 5, -8, 7});
        check_near(turned(RopeLayout::half_split), {9, -3, -4, 1, 2, 9, -7, -8, 5, 6});
    });
}

TEST_CASE("ops: each row turns by its own angles, and may land in another buffer") {
    on_each([](Ops& ops) {
        const double cosines[] = {1, std::cos(0.3)}, sines[] = {0, std::sin(0.3)};
        const Block x(ops, 2, 3, {1, 2, 3, 1, 2, 3});
        const Block out(ops, 2, 4, {7, 7, 7, 7, 7, 7, 7, 7});
        ops.rope({x.view(), 1, 0, out.view(), 2, 0, 1, 2, RopeLayout::interleaved, cosines, sines});
        check_near(out,
                   {7, 7, 2, 3, 7, 7, 2 * std::cos(0.3) - 3 * std::sin(0.3), 2 * std::sin(0.3) + 3 * std::cos(0.3)});
        check_near(x, {1, 2, 3, 1, 2, 3});
    });
}

TEST_CASE("ops: a norm without bias divides by the root mean square, one with bias takes the mean away first") {
    on_each([](Ops& ops) {
        const std::vector<float> weight{1, 2, 3, 4}, bias{0.5f, 0, 0, -1};
        const auto packed_weight = ops.pack_vector(source_of(weight, 1));
        const auto packed_bias = ops.pack_vector(source_of(bias, 1));
        const Block x(ops, 2, 4, {1, -1, 1, -1, 2, 4, 6, 8}), out(ops, 2, 4);
        ops.norm({.x = x.view(), .weight = packed_weight.get(), .eps = 0, .out = out.view()});
        const double size = std::sqrt(30);
        check_near(out, {1, -2, 3, -4, 2 / size, 8 / size, 18 / size, 32 / size});
        ops.norm({.x = x.view(), .weight = packed_weight.get(), .bias = packed_bias.get(), .eps = 3, .out = x.view()});
        const double spread = std::sqrt(8);  // (9 + 1 + 1 + 9) / 4 + 3
        check_near(x, {1.0, -1, 1.5, -3, 0.5 - 3 / spread, -2 / spread, 3 / spread, 12 / spread - 1});
    });
}

TEST_CASE("ops: a product takes each row of x to each row of the weight, whatever their sizes") {
    on_each([](Ops& ops) {
        const std::vector<float> weight{1, 0, -1, 2, 2, 2};
        const auto packed = ops.pack_matrix(source_of(weight, 2));
        const Block x(ops, 3, 3, {1, 2, 3, 0, 0, 0, -1, 0.5, 4}), out(ops, 3, 2, {9, 9, 9, 9, 9, 9});
        const Product product{x.view(), packed.get(), out.view()};
        ops.multiply({&product, 1});
        check_near(out, {-2, 12, 0, 0, -5, 7});
    });
}

TEST_CASE("ops: rows of a table, rows of a block, and sums of blocks come out where they belong") {
    on_each([](Ops& ops) {
        const std::vector<float> table{0, 1, 10, 11, 20, 21};
        const auto packed = ops.pack_table(source_of(table, 3));
        const Block embedded(ops, 3, 2), gathered(ops, 2, 2);
        const std::vector<Token> tokens{2, 0, 2};
        ops.embed(*packed, tokens, embedded.view());
        check_near(embedded, {20, 21, 0, 1, 20, 21});
        const int rows[] = {1, 0};
        ops.gather(embedded.view(), rows, gathered.view());
        check_near(gathered, {0, 1, 20, 21});
        ops.add(gathered.view(), embedded.view().first_rows(2));
        check_near(gathered, {20, 22, 20, 22});
        std::vector<float> read(2);
        ops.read(gathered.view().slice_rows(1, 1), read);
        CHECK(read == std::vector<float>{20, 22});
    });
}

TEST_CASE("ops: the gate is silu, from far below zero to far above") {
    on_each([](Ops& ops) {
        const Block gate(ops, 1, 5, {0, 1, -1, 100, -100}), up(ops, 1, 5, {3, 2, 2, 0.5, 1e6});
        ops.gate({gate.view(), up.view(), gate.view()});
        const auto values = gate.values();
        CHECK(values[0] == 0);
        CHECK(values[1] == doctest::Approx(2 * sigmoid(1)));
        CHECK(values[2] == doctest::Approx(-2 * sigmoid(-1)));
        CHECK(values[3] == doctest::Approx(50));
        CHECK(std::fabs(values[4]) < 1e-30);
    });
}

TEST_CASE("ops: the correction bias chooses experts and does not weigh them") {
    on_each([](Ops& ops) {
        RouteParams two = routing(2);
        two.scale = 2.5;
        const Choice choice = route(ops, {0, 1, -1, 3}, {0.5f, 0, 0.7f, -1}, two);
        CHECK(choice.chosen == std::vector<int>{0, 2});  // 1.0, 0.73, 0.97, -0.05
        const double sum = sigmoid(0) + sigmoid(-1);
        CHECK(choice.weights[0] == doctest::Approx(2.5 * sigmoid(0) / sum));
        CHECK(choice.weights[1] == doctest::Approx(2.5 * sigmoid(-1) / sum));
        RouteParams raw = two;
        raw.normalise = false;
        CHECK(route(ops, {0, 1, -1, 3}, {0.5f, 0, 0.7f, -1}, raw).weights[1] == doctest::Approx(2.5 * sigmoid(-1)));
    });
}

TEST_CASE("ops: a group stands by its two best experts, and the best expert of a group left out is left out too") {
    on_each([](Ops& ops) {
        const RouteParams params = routing(2, 2, 1);
        const std::vector<float> none(6, 0.0f);
        // The first group has the best expert of all, the second the better pair.
        CHECK(route(ops, {4, -4, -4, 1, 2, -4}, none, params).chosen == std::vector<int>{3, 4});
        CHECK(route(ops, {4, 2, -4, 1, 2, -4}, none, params).chosen == std::vector<int>{0, 1});
    });
}

TEST_CASE("ops: of experts and groups that are equal, the first are taken") {
    on_each([](Ops& ops) {
        const std::vector<float> none(6, 0.0f);
        const std::vector<double> equal(6, 0.25);
        CHECK(route(ops, equal, none, routing(3)).chosen == std::vector<int>{0, 1, 2});
        const RouteParams grouped = routing(2, 3, 1);
        CHECK(route(ops, equal, none, grouped).chosen == std::vector<int>{0, 1});
    });
}

TEST_CASE("ops: what the experts say is added by its weight, and the shared expert on top") {
    on_each([](Ops& ops) {
        const Block experts(ops, 4, 2, {1, 2, 3, 4, 5, 6, 7, 8});
        const Block weights(ops, 2, 2, {0.5, 2, 1, -1}), shared(ops, 2, 2, {100, 200, 300, 400});
        const int slots[] = {3, 0, 1, 2};
        const Block x(ops, 2, 2, {1000, 1000, 1000, 1000});
        ops.combine({experts.view(), slots, weights.view(), 2, shared.view(), x.view()});
        check_near(x, {1105.5, 1208, 1298, 1398});
        const Block alone(ops, 2, 2, {0, 0, 0, 0});
        const Block again(ops, 4, 2, {1, 2, 3, 4, 5, 6, 7, 8});
        ops.combine({again.view(), slots, weights.view(), 2, {}, alone.view()});
        check_near(alone, {5.5, 8, -2, -2});
    });
}
