// tests/engine/parity_test.cpp: Tests that logits and selections are those recorded from transformers.
#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/engine.h"

using namespace heddle::engine;

namespace {

const std::filesystem::path vectors = std::filesystem::path(HEDDLE_SOURCE_DIR) / "tests/vectors/parity";

double relative_error(std::span<const float> ours, const std::vector<float>& theirs) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
        size += theirs[i] * theirs[i];
    }
    return std::sqrt(difference / size);
}

void check_against_record(const std::string& backend, IndexerPrecision indexer, double error_max) {
    std::ifstream in(vectors / "expected.json");
    const auto record = nlohmann::json::parse(in);
    const auto& expected = record[indexer == IndexerPrecision::exact ? "exact" : "int8"];
    const auto positions = record["positions"].get<std::vector<std::int64_t>>();

    EngineOptions options;
    options.model = vectors;
    options.backend = backend;
    options.threads = 2;
    options.chunk_tokens = 48;
    options.indexer = indexer;
    options.activations = Activations::f32;
    options.cache_rows = CacheRows::f32;  // as transformers keeps them
    const auto engine = Engine::load(options);
    Timeline timeline = engine->open();
    double error = 0;
    int compared = 0, other_selections = 0;
    timeline.observe({.logits =
                          [&](std::int64_t position, std::span<const float> logits) {
                              const auto at = std::find(positions.begin(), positions.end(), position);
                              if (at == positions.end()) return;
                              const auto row = static_cast<std::size_t>(at - positions.begin());
                              error = std::max(
                                  error, relative_error(logits, expected["logits"][row].get<std::vector<float>>()));
                              ++compared;
                          },
                      .selected =
                          [&](int layer, std::int64_t position, std::span<const int> selected) {
                              const auto& theirs = expected["selected"][std::size_t(layer)][std::size_t(position)];
                              other_selections += !std::ranges::equal(selected, theirs.get<std::vector<int>>());
                          }});
    timeline.sync(record["ids"].get<std::vector<Token>>());
    INFO(backend);
    CHECK(compared == static_cast<int>(positions.size()));
    CHECK(other_selections == 0);
    CHECK(error < error_max);
}

}  // namespace

TEST_CASE("parity: the reference gives the logits and the selections of transformers") {
    check_against_record("reference", IndexerPrecision::exact, 1e-5);
    check_against_record("reference", IndexerPrecision::int8, 1e-5);
}

TEST_CASE("parity: the cpu gives the logits and the selections of transformers") {
    check_against_record("cpu", IndexerPrecision::exact, 1e-4);
    check_against_record("cpu", IndexerPrecision::int8, 1e-4);
}
