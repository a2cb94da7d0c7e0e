// engine/sampler.h: Logits to a token: temperature, top-p, min-p, seeded; greedy at temperature 0.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "engine/token.h"

namespace heddle::engine {

struct SamplerOptions {
    float temperature = 1.0f;  // 0: the highest logit, lowest id on ties
    float top_p = 1.0f;        // smallest set of tokens whose probability reaches it, in (0, 1]
    float min_p = 0.0f;        // drops tokens below min_p times the best, in [0, 1)
    std::uint64_t seed = 0;
};

struct Sample {
    Token token = -1;
    float logprob = 0;  // under the distribution at temperature 1, before any cut
};

class Sampler {
 public:
    explicit Sampler(const SamplerOptions& options);  // throws Error for values outside the bounds above
    // `allowed`: one bit a token, empty for no mask; at least one bit must be set.
    Sample sample(std::span<const float> logits, std::span<const std::uint64_t> allowed = {});

 private:
    SamplerOptions options_;
    std::mt19937_64 random_;
};

}  // namespace heddle::engine
