// tests/engine/engine_test.cpp: Tests loading, its refusals, and what the loaded model computes.
#include "engine/engine.h"

#include <doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <random>
#include <set>

#include "tests/support/make_checkpoint.h"
#include "tests/support/temp_folder.h"
#include "tests/support/timelines.h"

using namespace heddle::engine;
using namespace heddle::test;

namespace {

std::shared_ptr<const Engine> load(const std::filesystem::path& folder,
                                   const std::function<void(EngineOptions&)>& change = {}) {
    EngineOptions options;
    options.model = folder;
    options.threads = 2;
    options.cache_tokens_max = 1024;
    if (change) change(options);
    return Engine::load(options);
}

std::string error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

struct Run {
    std::vector<float> logits;               // of all positions
    std::vector<std::vector<int>> selected;  // layer by layer within a chunk; the same order for all runs
};

Run run(const Engine& engine, int count) {
    Run result;
    Timeline timeline = engine.open();
    timeline.observe(
        {.logits =
             [&](std::int64_t, std::span<const float> row) {
                 result.logits.insert(result.logits.end(), row.begin(), row.end());
             },
         .selected = [&](int, std::int64_t,
                         std::span<const int> row) { result.selected.emplace_back(row.begin(), row.end()); }});
    timeline.sync(some_tokens(count));
    return result;
}

double relative_error(const std::vector<float>& ours, const std::vector<float>& theirs) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        difference += std::pow(double(ours[i]) - theirs[i], 2);
        size += std::pow(double(theirs[i]), 2);
    }
    return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("engine: in floats the cpu agrees with the reference for every weight type, selections included") {
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        for (const auto indexer : {IndexerPrecision::exact, IndexerPrecision::int8}) {
            const TempFolder folder;
            make_checkpoint(folder.path(), small_config(), type, 5);
            const Run cpu = run(*load(folder.path(),
                                      [&](auto& options) {
                                          options.indexer = indexer;
                                          options.activations = Activations::f32;
                                      }),
                                120);
            const Run reference = run(*load(folder.path(),
                                            [&](auto& options) {
                                                options.indexer = indexer;
                                                options.backend = "reference";
                                            }),
                                      120);
            INFO(name_of(type));
            CHECK(cpu.selected == reference.selected);
            CHECK(relative_error(cpu.logits, reference.logits) < 1e-4);
        }
    }
}

TEST_CASE("engine: as the processor likes it the cpu is within 2e-2 of the reference where nothing is chosen") {
    ModelConfig config = small_config();  // a choice between near equals may tip, and then all is other
    config.experts_per_token = config.experts;
    config.groups = config.groups_kept = 1;
    for (const DType type : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        const TempFolder folder;
        make_checkpoint(folder.path(), config, type, 5);
        const auto answer = [&](const std::string& backend) {
            return run(*load(folder.path(),
                             [&](auto& options) {
                                 options.backend = backend;
                                 options.top_k = 500;
                                 options.cache_rows = CacheRows::f32;
                             }),
                       120);
        };
        INFO(name_of(type));
        CHECK(relative_error(answer("cpu").logits, answer("reference").logits) < 2e-2);
    }
}

TEST_CASE("engine: with top-k beyond the length every position sees all before it; below it, others") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::f32, 5);
    const Run all = run(*load(folder.path(), [](auto& options) { options.top_k = 500; }), 60);
    for (std::size_t i = 0; i < all.selected.size(); ++i) {
        const auto& row = all.selected[i];
        REQUIRE(row.size() == i % 60 + 1);
        REQUIRE(row.front() == 0);
        REQUIRE(row.back() == int(i % 60));
    }
    const Run sparse = run(*load(folder.path()), 60);
    const auto vocab = std::size_t(small_vocabulary);
    // Up to eight tokens nothing is chosen and both are one; behind that they part.
    CHECK(std::equal(all.logits.begin(), all.logits.begin() + std::ptrdiff_t(8 * vocab), sparse.logits.begin()));
    CHECK(all.logits != sparse.logits);
}

TEST_CASE("engine: the hash names the weights: another byte is another hash, another backend is not") {
    const TempFolder folder, other;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 5);
    make_checkpoint(other.path(), small_config(), DType::bf16, 6);
    const std::string hash = load(folder.path())->weights_hash();
    CHECK(hash.size() == 21);
    CHECK(hash.rfind("xxh3:", 0) == 0);
    CHECK(load(folder.path(), [](auto& options) { options.backend = "reference"; })->weights_hash() == hash);
    CHECK(load(other.path())->weights_hash() != hash);
}

TEST_CASE("engine: progress grows to the total, and names the file") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 5, 2);
    EngineOptions options;
    options.model = folder.path();
    std::uint64_t last = 0, total = 0;
    std::set<std::string> files;
    Engine::load(options, [&](std::uint64_t done, std::uint64_t of, const std::string& file) {
        CHECK(done > last);
        files.insert(file);
        last = done;
        total = of;
    });
    CHECK(last > 0);
    CHECK(last == total);
    CHECK(files == std::set<std::string>{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"});
}

TEST_CASE("engine: options out of bounds, unknown back ends and too large a cache are refused in words") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 5);
    const auto error_with = [&](const std::function<void(EngineOptions&)>& change) {
        return error_of([&] { load(folder.path(), change); });
    };
    CHECK(error_with([](auto& o) { o.backend = "gpu"; }).find("no back end \"gpu\"") != std::string::npos);
    CHECK(error_with([](auto& o) { o.chunk_tokens = 0; }).find("chunk_tokens is 0") != std::string::npos);
    CHECK(error_with([](auto& o) { o.top_k = 0; }).find("top_k is 0") != std::string::npos);
    CHECK(error_with([](auto& o) { o.threads = -1; }).find("threads is -1") != std::string::npos);
    const std::string error = error_with([](auto& o) { o.cache_tokens_max = 2000000000; });
    CHECK(error.find("MiB are available") != std::string::npos);
}

TEST_CASE("engine: a weight that is no number is refused by name") {
    const TempFolder folder;
    const ModelConfig config = small_config();
    make_checkpoint(folder.path(), config, DType::f8_e4m3, 5);
    auto tensors = make_tensors(config, DType::f8_e4m3, 5);
    const auto at = std::ranges::find(tensors, "model.layers.2.self_attn.o_proj.weight", &MadeTensor::name);
    REQUIRE(at != tensors.end());
    at->bytes[7] = '\x7f';
    write_safetensors(folder.path() / "model.safetensors", tensors);
    CHECK(error_of([&] { load(folder.path()); }).find("model.layers.2.self_attn.o_proj.weight") != std::string::npos);
}

TEST_CASE("engine: a folder without a tokenizer evaluates, and says so when one is asked for") {
    const TempFolder folder;
    make_checkpoint(folder.path(), small_config(), DType::bf16, 5);
    std::filesystem::remove(folder.path() / "tokenizer.json");
    const auto engine = load(folder.path());
    CHECK(run(*engine, 3).logits.size() == 3 * small_vocabulary);
    CHECK(error_of([&] { engine->tokenizer(); }).find("no tokenizer.json") != std::string::npos);
}
