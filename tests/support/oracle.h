// tests/support/oracle.h: A second opinion on a model: its mathematics once more, in plain loops over doubles.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "tests/support/oracle_file.h"

namespace heddle::test {

// How the elements of a rotated vector are paired.
enum class Pairing { neighbours, halves };  // (2i, 2i + 1), or (i, i + half)

// What latents and their rotary keys are rounded to before anybody reads them: nothing; bf16 both; or the latent e4m3
// with one power-of-two scale for every 128 values, the key bf16.
enum class Rounding { none, bf16, float8 };

// The right values are DeepSeek-V3.2's; a test may ask for a wrong one, to show that it would be seen.
struct OracleOptions {
    int top_k = 0;              // 0: the config's index_topk; as many as tokens or more: dense attention
    bool byte_indexer = false;  // Hadamard transform, then whole numbers up to 127 with one scale a vector
    Rounding latents = Rounding::none;
    Pairing indexer = Pairing::halves;
    Pairing attention = Pairing::neighbours;
};

struct OracleAnswer {
    std::vector<Vector> logits;                           // [tokens][vocabulary]
    std::vector<std::vector<std::vector<int>>> selected;  // [layers][tokens], ascending positions
};

// Written from the model's published description (arXiv 2512.02556 and its inference code) and sharing nothing with the
// engine. Token by token, each through all layers; keys and values are expanded for every head, where the engine
// absorbs the expansion into queries and outputs.
OracleAnswer ask_oracle(const std::filesystem::path& folder, std::span<const std::int32_t> tokens,
                        const OracleOptions& options = {});

}  // namespace heddle::test
