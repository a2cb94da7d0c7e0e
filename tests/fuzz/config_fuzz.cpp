// tests/fuzz/config_fuzz.cpp: Any bytes as a config.json: dimensions that the engine can multiply, or one Error.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>

#include "engine/error.h"
#include "engine/transformer/model_config.h"
#include "tests/support/temp_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace engine = heddle::engine;
    static const heddle::test::TempFolder folder;
    std::ofstream(folder.path() / "config.json", std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    try {
        const auto config = engine::ModelConfig::load(folder.path());
        ENGINE_CHECK(config.hidden > 0 && config.layers > 0 && config.vocab > 0 && config.heads > 0);
        ENGINE_CHECK(std::int64_t{config.heads} * (config.nope + config.rope) <= std::numeric_limits<int>::max());
        ENGINE_CHECK(config.experts % config.groups == 0 && config.experts_per_token <= config.experts);
        ENGINE_CHECK(config.dense_layers >= 0 && config.dense_layers <= config.layers);
        for (const auto token : config.end_tokens) ENGINE_CHECK(token >= 0 && token < config.vocab);
    } catch (const engine::Error&) {
    }
    return 0;
}
