// tests/support/timelines.h: Made-up tokens for small checkpoints, and what a timeline says after them.
#pragma once

#include <doctest.h>

#include <random>
#include <vector>

#include "engine/engine.h"
#include "tests/support/make_checkpoint.h"

namespace heddle::test {

inline std::vector<engine::Token> some_tokens(int count, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::vector<engine::Token> tokens;
    for (int i = 0; i < count; ++i) tokens.push_back(static_cast<engine::Token>(random() % small_vocabulary));
    return tokens;
}

inline std::vector<float> logits_of(const engine::Timeline& timeline) {
    REQUIRE(!timeline.logits().empty());
    return {timeline.logits().begin(), timeline.logits().end()};
}

}  // namespace heddle::test
