// engine/transformer/model_config.cpp: Reads config.json as published, and refuses what the engine would run wrongly.
#include "engine/transformer/model_config.h"

#include <fmt/core.h>

#include <bit>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/io/file.h"
#include "engine/io/json_reader.h"
#include "engine/ops/precision.h"

namespace heddle::engine {

namespace {

constexpr std::uint64_t config_bytes_max = 16 << 20;  // published ones have a few kilobytes
constexpr std::int64_t size_max = 1 << 20;            // of one dimension: products of two stay far inside 64 bits
constexpr std::int64_t positions_max = 1 << 30;

void read_dimensions(const JsonReader& from, ModelConfig& config) {
    const auto size = [&](const char* key) { return static_cast<int>(from.integer(key, 1, size_max)); };
    config.hidden = size("hidden_size");
    config.layers = static_cast<int>(from.integer("num_hidden_layers", 1, 4096));
    config.heads = size("num_attention_heads");
    config.vocab = static_cast<int>(from.integer("vocab_size", 1, 1 << 24));
    config.q_lora = size("q_lora_rank");
    config.kv_lora = size("kv_lora_rank");
    config.nope = size("qk_nope_head_dim");
    config.rope = size("qk_rope_head_dim");
    config.v_head = size("v_head_dim");
    config.index_heads = size("index_n_heads");
    config.index_dim = static_cast<int>(from.integer("index_head_dim", 4, index_dim_max));
    config.index_top_k = static_cast<int>(from.integer("index_topk", 1, positions_max));
    config.positions = from.integer("max_position_embeddings", 1, positions_max);
    config.rms_eps = from.number_or("rms_norm_eps", 1e-6, 0, 1);
    config.tied_embeddings = from.flag_or("tie_word_embeddings", false);
    if (config.rope % 2 != 0) from.refuse("qk_rope_head_dim", "even: it is rotated in pairs");
    if (!std::has_single_bit(static_cast<unsigned>(config.index_dim)))
        from.refuse("index_head_dim", "a power of two: the indexer applies a Hadamard transform");
    if (config.index_dim < config.rope)
        from.refuse("index_head_dim", "at least qk_rope_head_dim: the indexer rotates so many of its dimensions");
}

void read_experts(const JsonReader& from, ModelConfig& config) {
    config.dense_inner = static_cast<int>(from.integer("intermediate_size", 1, size_max));
    config.dense_layers = static_cast<int>(from.integer("first_k_dense_replace", 0, config.layers));
    config.experts = static_cast<int>(from.integer("n_routed_experts", 1, 1 << 16));
    config.expert_inner = static_cast<int>(from.integer("moe_intermediate_size", 1, size_max));
    config.shared_experts = static_cast<int>(from.integer_or("n_shared_experts", 0, 0, 1024));
    config.groups = static_cast<int>(from.integer_or("n_group", 1, 1, config.experts));
    config.groups_kept = static_cast<int>(from.integer_or("topk_group", config.groups, 1, config.groups));
    if (config.experts % config.groups != 0) from.refuse("n_group", "a divisor of n_routed_experts");
    const int group = config.experts / config.groups;
    if (config.groups > 1 && group < 2)
        from.refuse("n_group", "such that a group has two experts: it is scored by two");
    config.experts_per_token =
        static_cast<int>(from.integer("num_experts_per_tok", 1, std::int64_t{group} * config.groups_kept));
    config.normalise_experts = from.flag_or("norm_topk_prob", true);
    config.routed_scale = from.number_or("routed_scaling_factor", 1, 1e-6, 1e6);
}

// Everything that would change the mathematics if it were otherwise than the engine has it.
void check_forms(const JsonReader& from, const ModelConfig& config) {
    from.only("hidden_act", "silu");
    from.only("attention_bias", false);
    from.only("mlp_bias", false);
    from.only("scoring_func", "sigmoid");
    from.only("topk_method", "noaux_tc");
    from.only("moe_layer_freq", 1);
    from.only("num_key_value_heads", config.heads);
    from.only("rope_interleave", true);
    from.only("indexer_rope_interleave", false);
    from.only("index_topk_freq", 1);
    const auto layer_list = [&](const char* key, const char* first, const char* rest, int firsts) {
        auto wanted = nlohmann::json::array();
        for (int i = 0; i < config.layers; ++i) wanted.push_back(i < firsts ? first : rest);
        const auto* found = from.find(key);
        if (found != nullptr && *found != wanted) {
            from.refuse(key, fmt::format("{} times \"{}\", then \"{}\"", firsts, first, rest));
        }
    };
    layer_list("mlp_layer_types", "dense", "sparse", config.dense_layers);
    layer_list("layer_types", "", "indexed_attention", 0);
    layer_list("indexer_types", "", "full", 0);
}

// Products that other parts hold in an int.
void check_products(const JsonReader& from, const ModelConfig& config) {
    struct Product {
        const char* key;
        std::int64_t value;
        const char* of;
    };
    const std::int64_t heads = config.heads;
    for (const auto& product : std::initializer_list<Product>{
             {"num_attention_heads", heads * (config.nope + config.rope), "qk_nope_head_dim + qk_rope_head_dim"},
             {"num_attention_heads", heads * (config.nope + config.v_head), "qk_nope_head_dim + v_head_dim"},
             {"num_attention_heads", heads * (config.kv_lora + config.rope), "kv_lora_rank + qk_rope_head_dim"},
             {"index_n_heads", std::int64_t{config.index_heads} * config.index_dim, "index_head_dim"},
             {"n_shared_experts", std::int64_t{config.shared_experts} * config.expert_inner,
              "moe_intermediate_size"}}) {
        if (product.value > std::numeric_limits<int>::max())
            from.refuse(product.key, fmt::format("such that its product with {} is below 2^31", product.of));
    }
}

std::optional<YarnConfig> read_yarn(const JsonReader& from) {
    const auto newer = from.text("rope_type"), older = from.text("type");
    if (newer && older && *newer != *older) from.refuse("rope_type", "the same as \"type\"");
    const std::string type = newer ? *newer : older.value_or("default");
    if (type == "default") return std::nullopt;
    if (type != "yarn") from.refuse(newer ? "rope_type" : "type", "\"yarn\" or \"default\"");
    YarnConfig yarn;
    yarn.factor = from.number("factor", 1, 1e6);
    yarn.original_max_position = static_cast<int>(from.integer("original_max_position_embeddings", 1, positions_max));
    yarn.beta_fast = from.number_or("beta_fast", 32, 1e-6, 1e6);
    yarn.beta_slow = from.number_or("beta_slow", 1, 1e-6, 1e6);
    yarn.mscale = from.number_or("mscale", 1, 0, 1e3);
    yarn.mscale_all_dim = from.number_or("mscale_all_dim", 0, 0, 1e3);
    if (yarn.beta_fast < yarn.beta_slow) from.refuse("beta_fast", "at least beta_slow");
    from.only("attention_factor", 1.0);
    from.only("truncate", true);
    return yarn;
}

// Older files have "rope_theta" beside "rope_scaling", newer ones have both inside "rope_parameters"; some have all.
void read_rope(const JsonReader& from, ModelConfig& config) {
    std::optional<double> theta;
    const auto take_theta = [&](const JsonReader& place) {
        if (place.find("rope_theta") == nullptr) return;
        const double value = place.number("rope_theta", 1, 1e12);
        if (theta && *theta != value)
            place.refuse("rope_theta", fmt::format("{}, as it is elsewhere in the file", *theta));
        theta = value;
    };
    take_theta(from);
    bool seen = false;
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        if (from.find(key) == nullptr) continue;
        const JsonReader place = from.object(key);
        take_theta(place);
        place.only("partial_rotary_factor", 1.0);
        const auto yarn = read_yarn(place);
        if (seen && yarn != config.yarn) from.refuse(key, "equal to \"rope_parameters\", which the file has too");
        config.yarn = yarn;
        seen = true;
    }
    if (!theta) (void)from.number("rope_theta", 1, 1e12);
    config.rope_theta = *theta;
}

void read_quantization(const JsonReader& from, ModelConfig& config) {
    if (from.find("quantization_config") == nullptr) return;
    const JsonReader place = from.object("quantization_config");
    place.only("quant_method", "fp8");
    place.only("fmt", "e4m3");
    const auto* block = place.find("weight_block_size");
    if (block == nullptr) return;
    const auto is_size = [](const nlohmann::json& value) {
        return value.is_number_integer() && value >= 1 && value <= size_max;
    };
    if (!block->is_array() || block->size() != 2 || !is_size((*block)[0]) || !is_size((*block)[1]))
        place.refuse("weight_block_size", "two positive whole numbers, rows and columns of a block");
    config.block_rows = (*block)[0].get<int>();
    config.block_columns = (*block)[1].get<int>();
}

bool read_end_tokens(const JsonReader& from, ModelConfig& config) {
    const auto* value = from.find("eos_token_id");
    if (value == nullptr) return false;
    const std::string must = fmt::format("a token id below the vocabulary's {}, or a list of such", config.vocab);
    const auto list = value->is_array() ? *value : nlohmann::json::array({*value});
    if (list.empty() || list.size() > 1000) from.refuse("eos_token_id", must);
    for (const auto& id : list) {
        if (!id.is_number_integer() || id < 0 || id >= config.vocab) from.refuse("eos_token_id", must);
        config.end_tokens.push_back(id.get<Token>());
    }
    return true;
}

void read_generation(const std::filesystem::path& folder, const JsonReader& main, ModelConfig& config) {
    const auto file = folder / "generation_config.json";
    if (!std::filesystem::exists(file)) {
        if (!read_end_tokens(main, config)) main.refuse("eos_token_id", "a token id, or a list of them");
        return;
    }
    const auto json = read_json_object(file, config_bytes_max);
    const JsonReader from(file.string(), json);
    if (!read_end_tokens(from, config) && !read_end_tokens(main, config))
        main.refuse("eos_token_id", "a token id, or a list of them");
    if (!from.flag_or("do_sample", false)) return;
    config.temperature = from.number_or("temperature", 1, 0, 100);
    config.top_p = from.number_or("top_p", 1, 1e-6, 1);
}

}  // namespace

ModelConfig ModelConfig::load(const std::filesystem::path& folder) {
    const auto file = folder / "config.json";
    const auto json = read_json_object(file, config_bytes_max);
    const JsonReader from(file.string(), json);
    ModelConfig config;
    config.model_type = from.text("model_type").value_or("");
    if (config.model_type != "deepseek_v32") {
        from.refuse("model_type", "\"deepseek_v32\", the one architecture that this engine runs");
    }
    from.only("architectures", nlohmann::json::array({"DeepseekV32ForCausalLM"}));
    read_dimensions(from, config);
    read_experts(from, config);
    check_forms(from, config);
    check_products(from, config);
    read_rope(from, config);
    read_quantization(from, config);
    read_generation(folder, from, config);
    return config;
}

}  // namespace heddle::engine
