// tests/engine/model_config_test.cpp: Tests that config.json is read as published, or refused by key and value.
#include "engine/transformer/model_config.h"

#include <doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/error.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using namespace heddle::test;
using Json = nlohmann::json;

namespace {

// DeepSeek-V3.2's own values.
Json vendor() {
    return {{"architectures", Json::array({"DeepseekV32ForCausalLM"})},
            {"model_type", "deepseek_v32"},
            {"attention_bias", false},
            {"attention_dropout", 0.0},
            {"hidden_size", 7168},
            {"num_hidden_layers", 61},
            {"num_attention_heads", 128},
            {"num_key_value_heads", 128},
            {"vocab_size", 129280},
            {"q_lora_rank", 1536},
            {"kv_lora_rank", 512},
            {"qk_nope_head_dim", 128},
            {"qk_rope_head_dim", 64},
            {"v_head_dim", 128},
            {"index_n_heads", 64},
            {"index_head_dim", 128},
            {"index_topk", 2048},
            {"hidden_act", "silu"},
            {"intermediate_size", 18432},
            {"moe_intermediate_size", 2048},
            {"n_routed_experts", 256},
            {"num_experts_per_tok", 8},
            {"n_shared_experts", 1},
            {"first_k_dense_replace", 3},
            {"moe_layer_freq", 1},
            {"n_group", 8},
            {"topk_group", 4},
            {"topk_method", "noaux_tc"},
            {"scoring_func", "sigmoid"},
            {"norm_topk_prob", true},
            {"routed_scaling_factor", 2.5},
            {"num_nextn_predict_layers", 1},
            {"rms_norm_eps", 1e-6},
            {"rope_theta", 10000},
            {"rope_scaling",
             {{"type", "yarn"},
              {"factor", 40},
              {"original_max_position_embeddings", 4096},
              {"beta_fast", 32},
              {"beta_slow", 1},
              {"mscale", 1.0},
              {"mscale_all_dim", 1.0}}},
            {"max_position_embeddings", 163840},
            {"tie_word_embeddings", false},
            {"bos_token_id", 0},
            {"eos_token_id", 1},
            {"quantization_config",
             {{"quant_method", "fp8"},
              {"fmt", "e4m3"},
              {"activation_scheme", "dynamic"},
              {"scale_fmt", "ue8m0"},
              {"weight_block_size", {128, 128}}}},
            {"torch_dtype", "bfloat16"},
            {"transformers_version", "4.44.2"}};
}

ModelConfig load(const Json& config, const std::string& generation = "") {
    const TempFolder folder;
    std::ofstream(folder.path() / "config.json") << config.dump();
    if (!generation.empty()) std::ofstream(folder.path() / "generation_config.json") << generation;
    return ModelConfig::load(folder.path());
}

std::string error_of(const Json& config, const std::string& generation = "") {
    try {
        (void)load(config, generation);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

// The error when one value of the vendor's file is replaced; null stands for leaving it out.
std::string error_with(const char* pointer, const Json& value) {
    Json config = vendor();
    config[Json::json_pointer(pointer)] = value;
    return error_of(config);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("model_config: the vendor's published file gives the vendor's dimensions") {
    const auto config = load(vendor(), R"({"do_sample":true,"temperature":1.0,"top_p":0.95,"eos_token_id":1})");
    CHECK(config.hidden == 7168);
    CHECK(config.layers == 61);
    CHECK(config.heads == 128);
    CHECK(config.kv_lora == 512);
    CHECK(config.index_heads == 64);
    CHECK(config.index_top_k == 2048);
    CHECK(config.dense_layers == 3);
    CHECK(config.experts == 256);
    CHECK(config.groups == 8);
    CHECK(config.groups_kept == 4);
    CHECK(config.routed_scale == 2.5);
    CHECK(config.rms_eps == 1e-6);
    CHECK(config.positions == 163840);
    REQUIRE(config.yarn);
    CHECK(config.yarn->factor == 40);
    CHECK(config.yarn->mscale_all_dim == 1);
    CHECK(config.end_tokens == std::vector<Token>{1});
    CHECK(config.temperature == 1);
    CHECK(config.top_p == 0.95);
    CHECK(config.block_rows == 128);
}

TEST_CASE("model_config: rope may be spelled the older way, the newer way, both, or not at all") {
    const Json yarn = vendor()["rope_scaling"];
    Json newer = vendor();
    newer["rope_parameters"] = yarn;
    newer["rope_parameters"].erase("type");
    newer["rope_parameters"].update({{"rope_type", "yarn"}, {"rope_theta", 50000.0}});
    newer.erase("rope_scaling");
    newer.erase("rope_theta");
    CHECK(load(newer).yarn == load(vendor()).yarn);
    CHECK(load(newer).rope_theta == 50000);
    newer["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", 10000.0}};
    CHECK(!load(newer).yarn);
    newer["rope_scaling"] = yarn;
    CHECK(has(error_of(newer), "equal to \"rope_parameters\""));
    Json plain = vendor();
    plain["rope_scaling"] = nullptr;
    CHECK(!load(plain).yarn);
    plain.erase("rope_scaling");
    CHECK(!load(plain).yarn);
    plain.erase("rope_theta");
    CHECK(has(error_of(plain), "\"rope_theta\" is missing"));
    CHECK(
        has(error_with("/rope_scaling/type", "linear"), "\"type\" is \"linear\"; it must be \"yarn\" or \"default\""));
    CHECK(has(error_with("/rope_scaling/factor", 0.5), "\"factor\" is 0.5; it must be a number from 1"));
    CHECK(has(error_with("/rope_scaling/beta_fast", 0.5), "\"beta_fast\""));
    CHECK(has(error_with("/rope_scaling/truncate", false), "\"truncate\" is false"));
}

TEST_CASE("model_config: another architecture is refused by its name") {
    CHECK(has(error_with("/model_type", "llama"), "\"model_type\" is \"llama\"; it must be \"deepseek_v32\""));
    CHECK(has(error_with("/model_type", nullptr), "\"model_type\" is missing"));
    CHECK(has(error_with("/architectures", Json::array({"GlmMoeDsaForCausalLM"})), "\"architectures\" is a list"));
    CHECK(error_with("/model_type", "\x1b[31m").find('\x1b') == std::string::npos);
}

TEST_CASE("model_config: every dimension has bounds, and an error names file, key, value and what is allowed") {
    CHECK(
        has(error_with("/hidden_size", -3), "config.json: \"hidden_size\" is -3; it must be a whole number from 1 to"));
    CHECK(has(error_with("/hidden_size", nullptr), "\"hidden_size\" is missing; it must be a whole number"));
    for (const char* key : {"/hidden_size", "/num_hidden_layers", "/num_attention_heads", "/vocab_size", "/q_lora_rank",
                            "/kv_lora_rank", "/qk_nope_head_dim", "/qk_rope_head_dim", "/v_head_dim", "/index_n_heads",
                            "/index_head_dim", "/index_topk", "/intermediate_size", "/moe_intermediate_size",
                            "/n_routed_experts", "/num_experts_per_tok", "/max_position_embeddings"}) {
        INFO(key);
        for (const Json& value :
             {Json(0), Json(-1), Json(1.5), Json("7"), Json(true), Json(1ull << 63), Json(1ll << 40)}) {
            CHECK(has(error_with(key, value), std::string("\"") + (key + 1) + "\" is"));
        }
    }
    CHECK(has(error_with("/num_attention_heads", 1 << 20), "num_"));
}

TEST_CASE("model_config: sizes that contradict each other are refused") {
    CHECK(has(error_with("/qk_rope_head_dim", 63), "must be even"));
    CHECK(has(error_with("/index_head_dim", 96), "must be a power of two"));
    CHECK(has(error_with("/index_head_dim", 32), "at least qk_rope_head_dim"));
    CHECK(has(error_with("/n_group", 7), "a divisor of n_routed_experts"));
    CHECK(has(error_with("/n_group", 256), "two experts"));
    CHECK(has(error_with("/topk_group", 9), "from 1 to 8"));
    CHECK(has(error_with("/num_experts_per_tok", 129), "from 1 to 128"));
    CHECK(has(error_with("/first_k_dense_replace", 62), "from 0 to 61"));
    CHECK(has(error_with("/eos_token_id", 129280), "below the vocabulary's 129280"));
    CHECK(has(error_with("/eos_token_id", Json::array()), "\"eos_token_id\" is a list"));
    CHECK(has(error_with("/eos_token_id", nullptr), "\"eos_token_id\" is missing"));
    CHECK(has(error_with("/quantization_config/weight_block_size", Json::array({128})), "two positive whole numbers"));
    CHECK(has(error_with("/quantization_config/weight_block_size", Json::array({0, 128})), "two positive"));
    Json wide = vendor();
    wide["num_attention_heads"] = wide["num_key_value_heads"] = 1 << 20;
    wide["qk_nope_head_dim"] = 1 << 19;
    CHECK(has(error_of(wide), "is below 2^31"));
}

TEST_CASE("model_config: forms that the engine does not compute are refused, not ignored") {
    CHECK(has(error_with("/hidden_act", "gelu"), "\"hidden_act\" is \"gelu\"; it must be \"silu\""));
    CHECK(has(error_with("/attention_bias", true), "\"attention_bias\" is true; it must be false"));
    CHECK(has(error_with("/scoring_func", "softmax"), "\"scoring_func\""));
    CHECK(has(error_with("/topk_method", "greedy"), "\"topk_method\""));
    CHECK(has(error_with("/num_key_value_heads", 8), "\"num_key_value_heads\" is 8; it must be 128"));
    CHECK(has(error_with("/indexer_rope_interleave", true), "\"indexer_rope_interleave\""));
    CHECK(has(error_with("/quantization_config/quant_method", "awq"), "\"quant_method\" is \"awq\""));
    CHECK(has(error_with("/quantization_config/fmt", "e5m2"), "\"fmt\" is \"e5m2\""));
    CHECK(has(error_with("/mlp_layer_types", Json::array({"dense"})), "3 times \"dense\", then \"sparse\""));
    CHECK(has(error_with("/indexer_types", Json::array({"full", "shared"})), "\"indexer_types\""));
}

TEST_CASE(
    "model_config: sampling is greedy unless generation_config.json says otherwise, and its end tokens go first") {
    CHECK(load(vendor()).temperature == 0);
    CHECK(load(vendor(), R"({"temperature":0.7})").temperature == 0);
    CHECK(load(vendor(), R"({"do_sample":true})").temperature == 1);
    CHECK(load(vendor(), R"({"eos_token_id":[5,7]})").end_tokens == std::vector<Token>{5, 7});
    CHECK(load(vendor(), "{}").end_tokens == std::vector<Token>{1});
    CHECK(has(error_of(vendor(), R"({"do_sample":true,"top_p":2})"), "generation_config.json: \"top_p\" is 2"));
    CHECK(has(error_of(vendor(), "nonsense"), "generation_config.json: it is not valid JSON"));
}

TEST_CASE("model_config: what the test support writes is read back") {
    const TempFolder folder;
    auto made = small_config();
    made.yarn = YarnConfig{4, 16, 2, 0.7, 0.9, 512};
    make_checkpoint(folder.path(), made, DType::f32, 1);
    const auto read = ModelConfig::load(folder.path());
    CHECK(read.hidden == made.hidden);
    CHECK(read.experts_per_token == made.experts_per_token);
    CHECK(read.block_rows == 32);
    CHECK(read.yarn == made.yarn);
    CHECK(read.end_tokens == made.end_tokens);
}

TEST_CASE("model_config: JSON that nests without end is refused") {
    const TempFolder folder;
    std::ofstream(folder.path() / "config.json") << "{\"eos_token_id\":" << std::string(100'000, '[');
    CHECK_THROWS_WITH_AS(ModelConfig::load(folder.path()), doctest::Contains("nests too deeply"), Error);
}
