// tests/support/random_tensors.cpp: Draws from one table of normal values, so that gigabytes take seconds.
#include "tests/support/random_tensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>

#include "engine/ops/numbers.h"

namespace heddle::test {

namespace {

using engine::DType;
using engine::ModelConfig;

class Planner {
 public:
    Planner(const ModelConfig& config, DType linear_dtype) : config_(config), linear_dtype_(linear_dtype) {}

    void plain(const std::string& name, std::vector<std::int64_t> shape, float mean, float spread,
               bool always_f32 = false) {
        const bool f32 = always_f32 || linear_dtype_ == DType::f32;
        plans_.push_back({name, f32 ? DType::f32 : DType::bf16, std::move(shape), mean, spread});
    }
    void plain_linear(const std::string& name, std::int64_t out, std::int64_t in) {
        plain(name + ".weight", {out, in}, 0, spread_of(in));
    }
    void linear(const std::string& name, std::int64_t out, std::int64_t in) {
        const std::int64_t rows = config_.block_rows, columns = config_.block_columns;
        plans_.push_back({name + ".weight", linear_dtype_, {out, in}, 0, spread_of(in), rows, columns});
        if (linear_dtype_ != DType::f8_e4m3) return;
        const std::vector<std::int64_t> grid{(out + rows - 1) / rows, (in + columns - 1) / columns};
        plans_.push_back({name + ".weight_scale_inv", DType::f32, grid, 0, spread_of(in), rows, columns, true});
    }
    void mlp(const std::string& name, std::int64_t inner) {
        linear(name + ".gate_proj", inner, config_.hidden);
        linear(name + ".up_proj", inner, config_.hidden);
        linear(name + ".down_proj", config_.hidden, inner);
    }
    void attention(const std::string& at);
    void layer(int index);
    std::vector<TensorPlan> take() { return std::move(plans_); }

 private:
    static float spread_of(std::int64_t in) { return 1 / std::sqrt(static_cast<float>(in)); }

    const ModelConfig& config_;
    DType linear_dtype_;
    std::vector<TensorPlan> plans_;
};

void Planner::attention(const std::string& at) {
    const std::int64_t heads = config_.heads;
    linear(at + "q_a_proj", config_.q_lora, config_.hidden);
    plain(at + "q_a_layernorm.weight", {config_.q_lora}, 1, 0.1f);
    linear(at + "q_b_proj", heads * (config_.nope + config_.rope), config_.q_lora);
    linear(at + "kv_a_proj_with_mqa", config_.kv_lora + config_.rope, config_.hidden);
    plain(at + "kv_a_layernorm.weight", {config_.kv_lora}, 1, 0.1f);
    linear(at + "kv_b_proj", heads * (config_.nope + config_.v_head), config_.kv_lora);
    linear(at + "o_proj", config_.hidden, heads * config_.v_head);
    linear(at + "indexer.wq_b", std::int64_t{config_.index_heads} * config_.index_dim, config_.q_lora);
    linear(at + "indexer.wk", config_.index_dim, config_.hidden);
    plain(at + "indexer.k_norm.weight", {config_.index_dim}, 1, 0.1f, true);
    plain(at + "indexer.k_norm.bias", {config_.index_dim}, 0, 0.1f, true);
    plain_linear(at + "indexer.weights_proj", config_.index_heads, config_.hidden);
}

void Planner::layer(int index) {
    const std::string at = fmt::format("model.layers.{}.", index);
    plain(at + "input_layernorm.weight", {config_.hidden}, 1, 0.1f);
    plain(at + "post_attention_layernorm.weight", {config_.hidden}, 1, 0.1f);
    attention(at + "self_attn.");
    if (index < config_.dense_layers) return mlp(at + "mlp", config_.dense_inner);
    plain_linear(at + "mlp.gate", config_.experts, config_.hidden);
    plain(at + "mlp.gate.e_score_correction_bias", {config_.experts}, 0, 0.1f, true);
    for (int i = 0; i < config_.experts; ++i) mlp(fmt::format("{}mlp.experts.{}", at, i), config_.expert_inner);
    if (config_.shared_experts > 0) {
        mlp(at + "mlp.shared_experts", std::int64_t{config_.shared_experts} * config_.expert_inner);
    }
}

constexpr std::size_t table_size = 1 << 16;
using Table = std::array<float, table_size>;

// Normal values; 16 random bits pick one.
const Table& normal_values() {
    static const Table table = [] {
        Table made;
        std::mt19937_64 random(1);
        std::normal_distribution<float> normal;
        for (float& value : made) value = normal(random);
        return made;
    }();
    return table;
}

float largest_value() {
    static const float largest =
        std::fabs(*std::ranges::max_element(normal_values(), {}, [](float v) { return std::fabs(v); }));
    return largest;
}

// SplitMix64's finaliser: neighbouring numbers come out unrelated.
std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

// FNV-1a of the layer's name, so that a tensor's values do not depend on which others there are.
std::uint64_t key_of(const std::string& name, std::uint64_t seed) {
    std::uint64_t key = 0xcbf29ce484222325;
    for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return mixed(key ^ mixed(seed));
}

// A block's values are a half, one or two times the layer's spread.
float block_factor(std::uint64_t key, std::int64_t block_row, std::int64_t block_column) {
    const auto place = static_cast<std::uint64_t>(block_row) << 32 | static_cast<std::uint64_t>(block_column);
    return std::ldexp(1.0f, static_cast<int>(mixed(~key ^ place) % 3) - 1);
}

// The scale of a block of factor 1; with it the largest value of the table still is an e4m3 number.
float base_scale(float spread) {
    return engine::e4m3_scale(spread * largest_value());
}

// Calls put(column, index into the table) along a row.
template <class Put>
void each_draw(std::uint64_t key, std::int64_t row, std::int64_t columns, const Put& put) {
    const auto first = static_cast<std::uint64_t>(row * ((columns + 3) / 4));
    for (std::int64_t column = 0; column < columns; column += 4) {
        std::uint64_t bits = mixed(key + first + static_cast<std::uint64_t>(column / 4));
        for (std::int64_t i = column; i < std::min(column + 4, columns); ++i, bits >>= 16) put(i, bits & 0xffff);
    }
}

void make_scales(const TensorPlan& plan, std::uint64_t key, std::int64_t row, float* out) {
    for (std::int64_t column = 0; column < plan.columns(); ++column) {
        out[column] = base_scale(plan.spread) * block_factor(key, row, column);
    }
}

void make_values(const TensorPlan& plan, std::uint64_t key, std::int64_t row, std::byte* out) {
    const Table& table = normal_values();
    float factor = 1;
    each_draw(key, row, plan.columns(), [&](std::int64_t column, std::uint64_t index) {
        if (plan.block_rows > 0 && column % plan.block_columns == 0) {
            factor = block_factor(key, row / plan.block_rows, column / plan.block_columns);
        }
        const float value = plan.mean + plan.spread * factor * table[index];
        if (plan.dtype == DType::f32) {
            std::memcpy(out + column * 4, &value, 4);
        } else {
            const std::uint16_t bits = engine::float_to_bf16(value);
            std::memcpy(out + column * 2, &bits, 2);
        }
    });
}

// The same values over the block's scale; its power of two cancels, so that one table serves all blocks.
void make_e4m3(const TensorPlan& plan, std::uint64_t key, std::int64_t first, std::span<std::byte> out) {
    std::vector<std::byte> bits;
    for (const float value : normal_values()) {
        bits.push_back(
            std::byte{engine::e4m3_bits(engine::round_to_e4m3(plan.spread * value / base_scale(plan.spread)))});
    }
    for (std::size_t at = 0; at < out.size(); at += plan.row_bytes(), ++first) {
        std::byte* row = out.data() + at;
        each_draw(key, first, plan.columns(), [&](std::int64_t column, std::uint64_t i) { row[column] = bits[i]; });
    }
}

}  // namespace

std::vector<TensorPlan> plan_tensors(const ModelConfig& config, DType linear_dtype) {
    Planner plan(config, linear_dtype);
    plan.plain("model.embed_tokens.weight", {config.vocab, config.hidden}, 0, 1);
    for (int i = 0; i < config.layers; ++i) plan.layer(i);
    plan.plain("model.norm.weight", {config.hidden}, 1, 0.1f);
    if (!config.tied_embeddings) plan.plain_linear("lm_head", config.vocab, config.hidden);
    return plan.take();
}

void make_rows(const TensorPlan& plan, std::uint64_t seed, std::int64_t first, std::span<std::byte> out) {
    const std::string suffix = "_scale_inv";
    std::string layer = plan.name;
    if (plan.is_scale) layer.resize(layer.size() - suffix.size());
    const std::uint64_t key = key_of(layer, seed);
    if (plan.dtype == DType::f8_e4m3) return make_e4m3(plan, key, first, out);
    for (std::size_t at = 0; at < out.size(); at += plan.row_bytes(), ++first) {
        std::byte* row = out.data() + at;
        if (plan.is_scale) {
            make_scales(plan, key, first, reinterpret_cast<float*>(row));
        } else {
            make_values(plan, key, first, row);
        }
    }
}

}  // namespace heddle::test
