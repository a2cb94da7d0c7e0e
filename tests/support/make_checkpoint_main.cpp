// tests/support/make_checkpoint_main.cpp: The program make_checkpoint: a random checkpoint of any config on disk.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <numeric>
#include <string>

#include "engine/error.h"
#include "engine/io/file.h"
#include "tests/support/make_checkpoint.h"
#include "tests/support/random_tensors.h"

namespace {

using namespace heddle;
using engine::DType;

constexpr std::uint64_t shard_bytes = 512 << 20;

// FP8 where the config says so, else the type that it names.
DType linear_dtype_of(const std::filesystem::path& folder) {
    const auto json = engine::read_json_object(folder / "config.json", 16 << 20);
    if (json.contains("quantization_config")) return DType::f8_e4m3;
    return json.value("torch_dtype", "bfloat16") == "float32" ? DType::f32 : DType::bf16;
}

void make(const std::string& config_file, const std::filesystem::path& folder, std::uint64_t seed) {
    if (std::filesystem::exists(folder)) {
        throw engine::Error(fmt::format("cannot make {}: it exists; name a new folder", folder.string()));
    }
    std::filesystem::create_directories(folder);
    if (config_file == "p1") {
        test::write_config(folder, test::p1_config());
    } else {
        std::filesystem::copy_file(config_file, folder / "config.json");
    }
    const auto config = engine::ModelConfig::load(folder);
    if (config.vocab < test::small_vocabulary) {
        throw engine::Error(fmt::format("cannot make {}: its vocab_size is {}; the tokenizer needs at least {}",
                                        folder.string(), config.vocab, test::small_vocabulary));
    }
    test::write_tokenizer(folder);
    const DType dtype = linear_dtype_of(folder);
    const auto plans = test::plan_tensors(config, dtype);
    const std::uint64_t bytes =
        std::accumulate(plans.begin(), plans.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const test::TensorPlan& plan) { return sum + plan.bytes(); });
    test::write_weights(folder, config, dtype, seed, static_cast<int>(1 + bytes / shard_bytes));
    fmt::print("{}: {} tensors, {} MB\n", folder.string(), plans.size(), bytes / 1'000'000);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Writes a checkpoint of random weights in the published format"};
    std::string config;
    std::filesystem::path folder;
    std::uint64_t seed = 1;
    app.add_option("config", config, "A config.json, or p1: the standard model for timing")->required();
    app.add_option("folder", folder, "The folder to make")->required();
    app.add_option("--seed", seed, "Of the weights")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        make(config, folder, seed);
    } catch (const std::exception& error) {
        fmt::print(stderr, "make_checkpoint: {}\n", error.what());
        return 1;
    }
    return 0;
}
