// engine/transformer/rope.h: The angles of the rotary embedding, with or without YaRN, and the softmax's scale.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/transformer/model_config.h"

namespace heddle::engine {

// The same angles serve latent attention and the indexer; only the pairing of elements differs between them.
class Rope {
 public:
    explicit Rope(const ModelConfig& config);

    // For positions first, first + 1, ...: cosines and sines [positions, rope / 2], times the magnitude of YaRN.
    void angles(std::int64_t first, std::span<double> cosines, std::span<double> sines) const;

    double softmax_scale() const { return softmax_scale_; }

 private:
    std::vector<double> frequencies_;  // [rope / 2]
    double magnitude_ = 1;
    double softmax_scale_ = 1;
};

}  // namespace heddle::engine
