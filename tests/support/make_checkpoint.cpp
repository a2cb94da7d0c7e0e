// tests/support/make_checkpoint.cpp: Config, tokenizer and random weights, written as a published checkpoint is.
#include "tests/support/make_checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "engine/error.h"
#include "tests/support/random_tensors.h"

namespace heddle::test {

namespace {

using engine::DType;
using engine::ModelConfig;
using Json = nlohmann::ordered_json;

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

// The file's length and header; the tensors' bytes follow in its order.
std::ofstream begin_safetensors(const std::filesystem::path& file, const Json& header) {
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof(length));
    out << text;
    return out;
}

// Values are made and written some rows at a time: a checkpoint may be larger than memory.
void write_shard(const std::filesystem::path& file, std::span<const TensorPlan> plans, std::uint64_t seed) {
    Json header{{"__metadata__", {{"format", "pt"}}}};
    std::uint64_t at = 0;
    for (const auto& plan : plans) {
        header[plan.name] = {
            {"dtype", engine::name_of(plan.dtype)}, {"shape", plan.shape}, {"data_offsets", {at, at + plan.bytes()}}};
        at += plan.bytes();
    }
    std::ofstream out = begin_safetensors(file, header);
    constexpr std::uint64_t piece_bytes = 8 << 20;
    std::vector<std::byte> piece;
    for (const auto& plan : plans) {
        const auto rows_of_piece =
            static_cast<std::int64_t>(std::max<std::uint64_t>(piece_bytes / plan.row_bytes(), 1));
        for (std::int64_t row = 0; row < plan.rows(); row += rows_of_piece) {
            const auto rows = static_cast<std::uint64_t>(std::min(rows_of_piece, plan.rows() - row));
            piece.resize(rows * plan.row_bytes());
            make_rows(plan, seed, row, piece);
            out.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
        }
    }
    if (!out.flush()) throw engine::Error(fmt::format("cannot write {}; is the disk full?", file.string()));
}

}  // namespace

engine::ModelConfig p1_config() {
    ModelConfig config;
    config.model_type = "deepseek_v32";
    config.hidden = 1536;
    config.layers = 6;
    config.heads = 16;
    config.vocab = 32000;
    config.q_lora = 768;
    config.kv_lora = 512;
    config.nope = 128;
    config.rope = 64;
    config.v_head = 128;
    config.index_heads = 16;
    config.index_dim = 128;
    config.index_top_k = 2048;
    config.dense_inner = 6144;
    config.dense_layers = 1;
    config.experts = 64;
    config.experts_per_token = 8;
    config.shared_experts = 1;
    config.expert_inner = 768;
    config.routed_scale = 2.5;
    config.positions = 163840;
    config.end_tokens = {1};
    return config;
}

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
    std::vector<MadeTensor> tensors;
    for (const TensorPlan& plan : plan_tensors(config, linear_dtype)) {
        std::string bytes(plan.bytes(), '\0');
        make_rows(plan, seed, 0, std::as_writable_bytes(std::span(bytes)));
        tensors.push_back({plan.name, engine::name_of(plan.dtype), plan.shape, std::move(bytes)});
    }
    return tensors;
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
    std::ofstream out = begin_safetensors(file, header);
    for (const auto& tensor : tensors) out << tensor.bytes;
}

void make_checkpoint(const std::filesystem::path& folder, const ModelConfig& config, DType linear_dtype,
                     std::uint64_t seed, int shards) {
    std::filesystem::create_directories(folder);
    write_config(folder, config);
    write_tokenizer(folder);
    write_weights(folder, config, linear_dtype, seed, shards);
}

void write_weights(const std::filesystem::path& folder, const ModelConfig& config, DType linear_dtype,
                   std::uint64_t seed, int shards) {
    ENGINE_CHECK(shards >= 1);
    const std::vector<TensorPlan> plans = plan_tensors(config, linear_dtype);
    if (shards == 1) return write_shard(folder / "model.safetensors", plans, seed);
    Json weight_map;
    for (int shard = 0; shard < shards; ++shard) {
        const std::string name = fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, shards);
        const std::size_t first = plans.size() * static_cast<std::size_t>(shard) / static_cast<std::size_t>(shards);
        const std::size_t last = plans.size() * static_cast<std::size_t>(shard + 1) / static_cast<std::size_t>(shards);
        const auto part = std::span(plans).subspan(first, last - first);
        for (const auto& plan : part) weight_map[plan.name] = name;
        write_shard(folder / name, part, seed);
    }
    write_json(folder / "model.safetensors.index.json", {{"metadata", Json::object()}, {"weight_map", weight_map}});
}

}  // namespace heddle::test
