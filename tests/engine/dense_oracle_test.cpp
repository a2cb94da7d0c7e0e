// tests/engine/dense_oracle_test.cpp: Holds the engine against a second, naive telling of the same mathematics.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/oracle.h"
#include "tests/support/temp_folder.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

constexpr int length = 120;

std::vector<Token> some_tokens(unsigned seed = 1) {
    std::mt19937 random(seed);
    std::vector<Token> tokens;
    for (int i = 0; i < length; ++i) tokens.push_back(static_cast<Token>(random() % small_vocabulary));
    return tokens;
}

struct Checkpoint {
    TempFolder folder;
    explicit Checkpoint(DType type = DType::f32, const std::function<void(ModelConfig&)>& change = {}) {
        ModelConfig config = small_config();
        if (change) change(config);
        make_checkpoint(folder.path(), config, type, 11);
    }
    const std::filesystem::path& path() const { return folder.path(); }
};

EngineOptions engine_options(const Checkpoint& checkpoint, const std::string& backend, const OracleOptions& options) {
    EngineOptions made;
    made.model = checkpoint.path();
    made.backend = backend;
    made.threads = 2;
    made.chunk_tokens = 48;
    made.cache_tokens_max = 512;
    made.activations = Activations::f32;
    if (options.top_k > 0) made.top_k = options.top_k;
    made.cache_rows = options.latents == Rounding::none   ? CacheRows::f32
                      : options.latents == Rounding::bf16 ? CacheRows::bf16
                                                          : CacheRows::fp8;
    made.indexer = options.byte_indexer ? IndexerPrecision::int8 : IndexerPrecision::exact;
    return made;
}

struct Answer {
    std::vector<std::vector<float>> logits;
    std::vector<std::vector<std::vector<int>>> selected;
};

Answer ask_engine(const EngineOptions& options, const std::vector<Token>& tokens) {
    const auto engine = Engine::load(options);
    Answer answer;
    answer.selected.assign(std::size_t(engine->config().layers), std::vector<std::vector<int>>(tokens.size()));
    Timeline timeline = engine->open();
    timeline.observe({.logits = [&](std::int64_t,
                                    std::span<const float> row) { answer.logits.emplace_back(row.begin(), row.end()); },
                      .selected =
                          [&](int layer, std::int64_t position, std::span<const int> positions) {
                              answer.selected[std::size_t(layer)][std::size_t(position)].assign(positions.begin(),
                                                                                                positions.end());
                          }});
    timeline.sync(tokens);
    REQUIRE(answer.logits.size() == tokens.size());
    return answer;
}

// Logits come out as floats, so an error far below a float's own rounding shows only where it tips that rounding. An
// error of 1e-9 would tip one in a hundred or so; two tellings in doubles differ by some 1e-14 and tip one in a
// million.
double share_tipped(const Answer& ours, const OracleAnswer& theirs) {
    std::size_t tipped = 0, all = 0;
    for (std::size_t t = 0; t < ours.logits.size(); ++t) {
        for (std::size_t i = 0; i < ours.logits[t].size(); ++i, ++all) {
            tipped += ours.logits[t][i] != static_cast<float>(theirs.logits[t][i]) ? 1 : 0;
        }
    }
    return double(tipped) / double(all);
}

double relative_error(const Answer& ours, const OracleAnswer& theirs) {
    double difference = 0, size = 0;
    for (std::size_t t = 0; t < ours.logits.size(); ++t) {
        for (std::size_t i = 0; i < ours.logits[t].size(); ++i) {
            difference += std::pow(double(ours.logits[t][i]) - theirs.logits[t][i], 2);
            size += std::pow(theirs.logits[t][i], 2);
        }
    }
    return std::sqrt(difference / size);
}

// How many positions, over all layers, selected otherwise than the other.
template <class One, class Other>
int selections_apart(const One& one, const Other& other) {
    int apart = 0;
    for (std::size_t layer = 0; layer < one.selected.size(); ++layer) {
        for (std::size_t t = 0; t < one.selected[layer].size(); ++t) {
            apart += one.selected[layer][t] != other.selected[layer][t] ? 1 : 0;
        }
    }
    return apart;
}

void check_reference(const Checkpoint& checkpoint, const OracleOptions& options) {
    const std::vector<Token> tokens = some_tokens();
    const OracleAnswer theirs = ask_oracle(checkpoint.path(), tokens, options);
    const Answer ours = ask_engine(engine_options(checkpoint, "reference", options), tokens);
    CHECK(selections_apart(ours, theirs) == 0);
    CHECK(relative_error(ours, theirs) < 1e-7);
    CHECK(share_tipped(ours, theirs) < 1e-3);
}

void check_cpu(const Checkpoint& checkpoint, const OracleOptions& options, double error_max) {
    const std::vector<Token> tokens = some_tokens();
    const OracleAnswer theirs = ask_oracle(checkpoint.path(), tokens, options);
    const Answer ours = ask_engine(engine_options(checkpoint, "cpu", options), tokens);
    CHECK(selections_apart(ours, theirs) == 0);
    CHECK(relative_error(ours, theirs) < error_max);
}

const OracleOptions dense{.top_k = length};
const OracleOptions sparse{.top_k = 8};

struct Variant {
    const char* name;
    std::function<void(ModelConfig&)> change;
};

const Variant variants[] = {
    {"as it is", [](ModelConfig&) {}},
    {"no groups", [](ModelConfig& config) { config.groups = config.groups_kept = 1; }},
    {"four groups, two kept, three experts a token",
     [](ModelConfig& config) {
         config.groups = 4;
         config.groups_kept = 2;
         config.experts_per_token = 3;
     }},
    {"yarn", [](ModelConfig& config) { config.yarn = YarnConfig{40, 32, 1, 1, 1, 64}; }},
    {"yarn with a ramp of its own, and another theta",
     [](ModelConfig& config) {
         config.yarn = YarnConfig{4, 16, 0.5, 0.7, 0.7, 256};
         config.rope_theta = 500;
     }},
    {"yarn named for a context that needs none",
     [](ModelConfig& config) {
         config.positions = 512;
         config.yarn = YarnConfig{40, 32, 1, 1, 1, 4096};
     }},
    {"no shared expert, weights not normalised",
     [](ModelConfig& config) {
         config.shared_experts = 0;
         config.normalise_experts = false;
     }},
    {"two shared experts, tied embeddings",
     [](ModelConfig& config) {
         config.shared_experts = 2;
         config.tied_embeddings = true;
     }},
    {"every layer dense", [](ModelConfig& config) { config.dense_layers = config.layers; }},
    {"no layer dense", [](ModelConfig& config) { config.dense_layers = 0; }},
    {"a large eps outside attention", [](ModelConfig& config) { config.rms_eps = 0.05; }},
    {"every dimension of the indexer rotated", [](ModelConfig& config) { config.index_dim = config.rope; }},
};

}  // namespace

TEST_CASE("oracle: the reference is a dense model while top-k covers the context") {
    for (const Variant& variant : variants) {
        INFO(variant.name);
        check_reference(Checkpoint(DType::f32, variant.change), dense);
    }
}

TEST_CASE("oracle: the reference selects what the oracle selects, and says the same about it") {
    for (const Variant& variant : variants) {
        INFO(variant.name);
        check_reference(Checkpoint(DType::f32, variant.change), sparse);
    }
}

TEST_CASE(
    "oracle: the reference rounds the indexer to bytes as the oracle does, and widens every weight type as it does") {
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        INFO(name_of(type));
        check_reference(Checkpoint(type), {.top_k = 8, .byte_indexer = true});
    }
}

TEST_CASE("oracle: the reference rounds cached latents as the oracle does, groups of 128 and a last one of fewer") {
    for (const Rounding rounding : {Rounding::bf16, Rounding::float8}) {
        for (const int width : {48, 128, 160}) {
            INFO("rounding ", int(rounding), ", latents of ", width);
            const Checkpoint checkpoint(DType::f32, [&](ModelConfig& config) { config.kv_lora = width; });
            check_reference(checkpoint, {.top_k = 8, .latents = rounding});
        }
    }
}

TEST_CASE("oracle: the cpu agrees with the oracle, dense and sparse") {
    for (const Variant& variant : variants) {
        INFO(variant.name);
        const Checkpoint checkpoint(DType::f32, variant.change);
        check_cpu(checkpoint, dense, 1e-5);
        check_cpu(checkpoint, sparse, 1e-5);
    }
}

TEST_CASE("oracle: rounding the indexer to bytes changes what is selected, a little") {
    const Checkpoint checkpoint;
    const std::vector<Token> tokens = some_tokens();
    const OracleAnswer exact = ask_oracle(checkpoint.path(), tokens, sparse);
    const OracleAnswer rounded = ask_oracle(checkpoint.path(), tokens, {.top_k = 8, .byte_indexer = true});
    const int apart = selections_apart(exact, rounded);
    CHECK(apart > 0);
    CHECK(apart < 3 * length);
}

TEST_CASE("oracle: swapping the indexer's rope layout changes the selected set once the context exceeds top-k") {
    const Checkpoint checkpoint;
    const std::vector<Token> tokens = some_tokens();
    OracleOptions wrong = sparse;
    wrong.indexer = Pairing::neighbours;
    const OracleAnswer right_answer = ask_oracle(checkpoint.path(), tokens, sparse);
    const OracleAnswer wrong_answer = ask_oracle(checkpoint.path(), tokens, wrong);
    // As long as everything is selected, nobody can tell.
    for (std::size_t t = 0; t < 8; ++t) CHECK(right_answer.logits[t] == wrong_answer.logits[t]);
    CHECK(selections_apart(right_answer, wrong_answer) > length);
    for (const char* backend : {"reference", "cpu"}) {
        INFO(backend);
        const Answer ours = ask_engine(engine_options(checkpoint, backend, sparse), tokens);
        CHECK(selections_apart(ours, right_answer) == 0);
        CHECK(selections_apart(ours, wrong_answer) > length);
        CHECK(relative_error(ours, right_answer) < 1e-5);
        CHECK(relative_error(ours, wrong_answer) > 1e-2);
    }
}

TEST_CASE("oracle: with attention's own rope layout swapped, dense logits part at once") {
    const Checkpoint checkpoint;
    const std::vector<Token> tokens = some_tokens();
    OracleOptions wrong = dense;
    wrong.attention = Pairing::halves;
    const Answer ours = ask_engine(engine_options(checkpoint, "reference", dense), tokens);
    CHECK(relative_error(ours, ask_oracle(checkpoint.path(), tokens, wrong)) > 1e-3);
}
