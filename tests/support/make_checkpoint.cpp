// tests/support/make_checkpoint.cpp: Random weights of lively size, written as a published checkpoint is.
#include "tests/support/make_checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <span>

#include "engine/error.h"
#include "engine/ops/numbers.h"

namespace heddle::test {

namespace {

using engine::DType;
using engine::ModelConfig;
using Json = nlohmann::ordered_json;

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

class TensorMaker {
 public:
    TensorMaker(const ModelConfig& config, DType linear_dtype, std::uint64_t seed)
        : config_(config), linear_dtype_(linear_dtype), random_(seed) {}

    void plain(const std::string& name, std::vector<std::int64_t> shape, float mean, float spread,
               bool always_f32 = false) {
        const bool f32 = always_f32 || linear_dtype_ == DType::f32;
        std::int64_t count = 1;
        for (const auto size : shape) count *= size;
        add(name, f32 ? DType::f32 : DType::bf16, std::move(shape), values(count, mean, spread));
    }

    void plain_linear(const std::string& name, std::int64_t out, std::int64_t in) {
        plain(name + ".weight", {out, in}, 0, spread_of(in));
    }

    void linear(const std::string& name, std::int64_t out, std::int64_t in) {
        const auto weights = values(out * in, 0, spread_of(in));
        if (linear_dtype_ == DType::f8_e4m3) {
            add_f8(name, out, in, weights);
        } else {
            add(name + ".weight", linear_dtype_, {out, in}, weights);
        }
    }

    void mlp(const std::string& name, std::int64_t inner) {
        linear(name + ".gate_proj", inner, config_.hidden);
        linear(name + ".up_proj", inner, config_.hidden);
        linear(name + ".down_proj", config_.hidden, inner);
    }

    std::vector<MadeTensor> take() { return std::move(tensors_); }

 private:
    // Keeps activations at the size of their inputs.
    static float spread_of(std::int64_t in) { return 1.0f / std::sqrt(static_cast<float>(in)); }

    std::vector<float> values(std::int64_t count, float mean, float spread) {
        std::normal_distribution<float> normal(mean, spread);
        std::vector<float> made(static_cast<std::size_t>(count));
        for (auto& value : made) value = normal(random_);
        return made;
    }

    void add(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const std::vector<float>& values) {
        std::string bytes;
        if (dtype == DType::f32) {
            bytes = bytes_of(values);
        } else {
            std::vector<std::uint16_t> narrow;
            for (const float value : values) narrow.push_back(engine::float_to_bf16(value));
            bytes = bytes_of(narrow);
        }
        tensors_.push_back({name, engine::name_of(dtype), std::move(shape), std::move(bytes)});
    }

    void add_f8(const std::string& name, std::int64_t out, std::int64_t in, const std::vector<float>& weights) {
        const std::int64_t rows = config_.block_rows, columns = config_.block_columns;
        const std::int64_t grid_rows = (out + rows - 1) / rows, grid_columns = (in + columns - 1) / columns;
        std::vector<float> largest(static_cast<std::size_t>(grid_rows * grid_columns), 0);
        const auto block = [&](std::int64_t i) {
            return static_cast<std::size_t>(i / in / rows * grid_columns + i % in / columns);
        };
        for (std::int64_t i = 0; i < out * in; ++i) {
            largest[block(i)] = std::max(largest[block(i)], std::fabs(weights[static_cast<std::size_t>(i)]));
        }
        std::vector<float> scales;
        for (const float size : largest) scales.push_back(engine::e4m3_scale(size));
        std::vector<std::uint8_t> bits;
        for (std::int64_t i = 0; i < out * in; ++i) {
            const float scaled = weights[static_cast<std::size_t>(i)] / scales[block(i)];
            bits.push_back(engine::e4m3_bits(engine::round_to_e4m3(scaled)));
        }
        tensors_.push_back({name + ".weight", "F8_E4M3", {out, in}, bytes_of(bits)});
        tensors_.push_back({name + ".weight_scale_inv", "F32", {grid_rows, grid_columns}, bytes_of(scales)});
    }

    const ModelConfig& config_;
    DType linear_dtype_;
    std::mt19937_64 random_;
    std::vector<MadeTensor> tensors_;
};

void make_layer(TensorMaker& make, const ModelConfig& config, int layer) {
    const std::string at = fmt::format("model.layers.{}.", layer), self = at + "self_attn.";
    const std::int64_t heads = config.heads;
    make.plain(at + "input_layernorm.weight", {config.hidden}, 1, 0.1f);
    make.plain(at + "post_attention_layernorm.weight", {config.hidden}, 1, 0.1f);
    make.linear(self + "q_a_proj", config.q_lora, config.hidden);
    make.plain(self + "q_a_layernorm.weight", {config.q_lora}, 1, 0.1f);
    make.linear(self + "q_b_proj", heads * (config.nope + config.rope), config.q_lora);
    make.linear(self + "kv_a_proj_with_mqa", config.kv_lora + config.rope, config.hidden);
    make.plain(self + "kv_a_layernorm.weight", {config.kv_lora}, 1, 0.1f);
    make.linear(self + "kv_b_proj", heads * (config.nope + config.v_head), config.kv_lora);
    make.linear(self + "o_proj", config.hidden, heads * config.v_head);
    make.linear(self + "indexer.wq_b", std::int64_t{config.index_heads} * config.index_dim, config.q_lora);
    make.linear(self + "indexer.wk", config.index_dim, config.hidden);
    make.plain(self + "indexer.k_norm.weight", {config.index_dim}, 1, 0.1f, true);
    make.plain(self + "indexer.k_norm.bias", {config.index_dim}, 0, 0.1f, true);
    make.plain_linear(self + "indexer.weights_proj", config.index_heads, config.hidden);
    if (layer < config.dense_layers) {
        make.mlp(at + "mlp", config.dense_inner);
        return;
    }
    make.plain_linear(at + "mlp.gate", config.experts, config.hidden);
    make.plain(at + "mlp.gate.e_score_correction_bias", {config.experts}, 0, 0.1f, true);
    for (int i = 0; i < config.experts; ++i) make.mlp(fmt::format("{}mlp.experts.{}", at, i), config.expert_inner);
    if (config.shared_experts > 0) {
        make.mlp(at + "mlp.shared_experts", std::int64_t{config.shared_experts} * config.expert_inner);
    }
}

void write_json(const std::filesystem::path& file, const Json& json) {
    std::ofstream(file, std::ios::binary) << json.dump(1) << '\n';
}

// GPT-2's printable stand-in for a byte, in UTF-8.
std::string symbol_of(int byte) {
    const auto stands_for_itself = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
    int point = byte;
    if (!stands_for_itself(byte)) {
        point = 256;
        for (int b = 0; b < byte; ++b) point += stands_for_itself(b) ? 0 : 1;
    }
    if (point < 0x80) return std::string(1, static_cast<char>(point));
    return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
}

}  // namespace

engine::ModelConfig small_config() {
    ModelConfig config;
    config.model_type = "deepseek_v32";
    config.hidden = 72;
    config.layers = 3;
    config.heads = 3;
    config.vocab = small_vocabulary;
    config.q_lora = 40;
    config.kv_lora = 48;
    config.nope = 20;
    config.rope = 8;
    config.v_head = 12;
    config.index_heads = 2;
    config.index_dim = 16;
    config.index_top_k = 8;
    config.dense_inner = 100;
    config.dense_layers = 1;
    config.experts = 8;
    config.experts_per_token = 2;
    config.shared_experts = 1;
    config.expert_inner = 36;
    config.groups = 2;
    config.groups_kept = 1;
    config.routed_scale = 2.5;
    config.positions = 4096;
    config.block_rows = 32;
    config.block_columns = 32;
    config.end_tokens = {1};
    return config;
}

std::vector<MadeTensor> make_tensors(const ModelConfig& config, DType linear_dtype, std::uint64_t seed) {
    TensorMaker make(config, linear_dtype, seed);
    make.plain("model.embed_tokens.weight", {config.vocab, config.hidden}, 0, 1);
    for (int i = 0; i < config.layers; ++i) make_layer(make, config, i);
    make.plain("model.norm.weight", {config.hidden}, 1, 0.1f);
    if (!config.tied_embeddings) make.plain_linear("lm_head", config.vocab, config.hidden);
    return make.take();
}

void write_config(const std::filesystem::path& folder, const ModelConfig& config) {
    Json json{{"architectures", Json::array({"DeepseekV32ForCausalLM"})},
              {"model_type", config.model_type},
              {"attention_bias", false},
              {"hidden_act", "silu"},
              {"scoring_func", "sigmoid"},
              {"topk_method", "noaux_tc"},
              {"moe_layer_freq", 1},
              {"hidden_size", config.hidden},
              {"num_hidden_layers", config.layers},
              {"num_attention_heads", config.heads},
              {"num_key_value_heads", config.heads},
              {"vocab_size", config.vocab},
              {"q_lora_rank", config.q_lora},
              {"kv_lora_rank", config.kv_lora},
              {"qk_nope_head_dim", config.nope},
              {"qk_rope_head_dim", config.rope},
              {"v_head_dim", config.v_head},
              {"index_n_heads", config.index_heads},
              {"index_head_dim", config.index_dim},
              {"index_topk", config.index_top_k},
              {"intermediate_size", config.dense_inner},
              {"first_k_dense_replace", config.dense_layers},
              {"n_routed_experts", config.experts},
              {"num_experts_per_tok", config.experts_per_token},
              {"n_shared_experts", config.shared_experts},
              {"moe_intermediate_size", config.expert_inner},
              {"n_group", config.groups},
              {"topk_group", config.groups_kept},
              {"norm_topk_prob", config.normalise_experts},
              {"routed_scaling_factor", config.routed_scale},
              {"rms_norm_eps", config.rms_eps},
              {"rope_theta", config.rope_theta},
              {"rope_scaling", nullptr},
              {"max_position_embeddings", config.positions},
              {"tie_word_embeddings", config.tied_embeddings},
              {"bos_token_id", 0},
              {"eos_token_id", config.end_tokens},
              {"torch_dtype", "bfloat16"},
              {"quantization_config",
               {{"quant_method", "fp8"},
                {"fmt", "e4m3"},
                {"activation_scheme", "dynamic"},
                {"weight_block_size", {config.block_rows, config.block_columns}}}}};
    if (config.yarn) {
        json["rope_scaling"] = {{"type", "yarn"},
                                {"factor", config.yarn->factor},
                                {"beta_fast", config.yarn->beta_fast},
                                {"beta_slow", config.yarn->beta_slow},
                                {"mscale", config.yarn->mscale},
                                {"mscale_all_dim", config.yarn->mscale_all_dim},
                                {"original_max_position_embeddings", config.yarn->original_max_position}};
    }
    write_json(folder / "config.json", json);
    Json generation{{"eos_token_id", config.end_tokens}, {"do_sample", config.temperature > 0}};
    if (config.temperature > 0) generation["temperature"] = config.temperature;
    generation["top_p"] = config.top_p;
    write_json(folder / "generation_config.json", generation);
}

void write_tokenizer(const std::filesystem::path& folder) {
    Json vocab, added = Json::array();
    int next = 0;
    const auto control = [&](const char* text) {
        added.push_back({{"id", next++},
                         {"content", text},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    };
    control("<｜begin▁of▁sentence｜>");
    control("<｜end▁of▁sentence｜>");
    for (int byte = 0; byte < 256; ++byte) vocab[symbol_of(byte)] = next++;
    for (const char* merged : {"th", "he", "the", "Ġthe"}) vocab[merged] = next++;
    for (const char* text : {"｜DSML｜", "<think>", "</think>", "<｜User｜>", "<｜Assistant｜>"}) control(text);
    ENGINE_CHECK(next == small_vocabulary);
    const Json digits{
        {"type", "Split"}, {"pattern", {{"Regex", "\\p{N}"}}}, {"behavior", "Isolated"}, {"invert", false}};
    const Json words{{"type", "Split"},
                     {"pattern", {{"Regex", " ?[\\p{L}\\p{M}]+| ?[^\\s\\p{L}\\p{M}]+|\\s+(?!\\S)|\\s+"}}},
                     {"behavior", "Isolated"},
                     {"invert", false}};
    const Json bytes{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
    write_json(
        folder / "tokenizer.json",
        {{"version", "1.0"},
         {"truncation", nullptr},
         {"padding", nullptr},
         {"added_tokens", added},
         {"normalizer", nullptr},
         {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {digits, words, bytes}}}},
         {"post_processor", nullptr},
         {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
         {"model",
          {{"type", "BPE"},
           {"dropout", nullptr},
           {"unk_token", nullptr},
           {"continuing_subword_prefix", nullptr},
           {"end_of_word_suffix", nullptr},
           {"fuse_unk", false},
           {"byte_fallback", false},
           {"vocab", vocab},
           {"merges", {"t h", "h e", "th e", "Ġ the"}}}}});
}

void write_safetensors(const std::filesystem::path& file, const std::vector<MadeTensor>& tensors, std::uint64_t hole) {
    Json header{{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t at = 0;
    for (const auto& tensor : tensors) {
        const std::uint64_t end = at + tensor.bytes.size() + (&tensor == &tensors.back() ? hole : 0);
        header[tensor.name] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
        at = end;
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof(length));
    out << text;
    for (const auto& tensor : tensors) out << tensor.bytes;
}

void make_checkpoint(const std::filesystem::path& folder, const ModelConfig& config, DType linear_dtype,
                     std::uint64_t seed, int shards) {
    ENGINE_CHECK(shards >= 1);
    std::filesystem::create_directories(folder);
    write_config(folder, config);
    write_tokenizer(folder);
    auto tensors = make_tensors(config, linear_dtype, seed);
    if (shards == 1) return write_safetensors(folder / "model.safetensors", tensors);
    Json weight_map;
    for (int shard = 0; shard < shards; ++shard) {
        const std::string name = fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
        const std::size_t count = tensors.size(),
                          first = count * static_cast<std::size_t>(shard) / static_cast<std::size_t>(shards);
        const std::size_t last = count * static_cast<std::size_t>(shard + 1) / static_cast<std::size_t>(shards);
        const std::vector<MadeTensor> part(tensors.begin() + static_cast<std::ptrdiff_t>(first),
                                           tensors.begin() + static_cast<std::ptrdiff_t>(last));
        for (const auto& tensor : part) weight_map[tensor.name] = name;
        write_safetensors(folder / name, part);
    }
    write_json(folder / "model.safetensors.index.json", {{"metadata", Json::object()}, {"weight_map", weight_map}});
}

}  // namespace heddle::test
