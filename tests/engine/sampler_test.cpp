// tests/engine/sampler_test.cpp: Tests that a seed repeats its tokens, and that cuts and masks cut what they say.
#include "engine/sampler.h"

#include <doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "engine/error.h"

using namespace heddle::engine;

namespace {

std::set<Token> seen(const SamplerOptions& options, const std::vector<float>& logits, int draws = 4000) {
    Sampler sampler(options);
    std::set<Token> tokens;
    for (int i = 0; i < draws; ++i) tokens.insert(sampler.sample(logits).token);
    return tokens;
}

}  // namespace

TEST_CASE("sampler: greedy takes the highest logit, and the lowest id among equals") {
    Sampler sampler({.temperature = 0});
    CHECK(sampler.sample(std::vector<float>{1, 3, 2, 3}).token == 1);
    const std::uint64_t allowed = 0b1101;
    CHECK(sampler.sample(std::vector<float>{1, 3, 2, 3}, {&allowed, 1}).token == 3);
}

TEST_CASE("sampler: a seed gives the same tokens again, another seed others") {
    std::vector<float> logits(500);
    for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = std::sin(float(i));
    const auto draw = [&](std::uint64_t seed) {
        Sampler sampler({.temperature = 1, .top_p = 0.95f, .seed = seed});
        std::vector<Token> tokens;
        for (int i = 0; i < 50; ++i) tokens.push_back(sampler.sample(logits).token);
        return tokens;
    };
    CHECK(draw(1) == draw(1));
    CHECK(draw(1) != draw(2));
}

TEST_CASE("sampler: frequencies follow the probabilities at the temperature") {
    const std::vector<float> logits = {0, std::log(2.0f), std::log(5.0f)};
    for (const float temperature : {1.0f, 0.5f}) {
        Sampler sampler({.temperature = temperature, .seed = 11});
        double counts[3] = {};
        for (int i = 0; i < 30000; ++i) ++counts[sampler.sample(logits).token];
        const double power = 1 / temperature;
        const double total = 1 + std::pow(2, power) + std::pow(5, power);
        CHECK(counts[1] / 30000 == doctest::Approx(std::pow(2, power) / total).epsilon(0.05));
        CHECK(counts[2] / 30000 == doctest::Approx(std::pow(5, power) / total).epsilon(0.05));
    }
}

TEST_CASE("sampler: top-p keeps the fewest tokens that reach it, min-p those near the best") {
    const std::vector<float> logits = {std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};
    CHECK(seen({.top_p = 0.45f}, logits) == std::set<Token>{0});
    CHECK(seen({.top_p = 0.75f}, logits) == std::set<Token>{0, 1});
    CHECK(seen({.top_p = 0.9f}, logits) == std::set<Token>{0, 1, 2});
    CHECK(seen({.min_p = 0.25f}, logits) == std::set<Token>{0, 1, 2});
    CHECK(seen({.min_p = 0.9f}, logits) == std::set<Token>{0});
}

TEST_CASE("sampler: top-p over a flat vocabulary of thousands keeps its share") {
    const std::vector<float> logits(5000, 0.0f);
    for (const Token token : seen({.top_p = 0.5f}, logits, 2000)) CHECK(token < 2500);  // equal: the lower ids
}

TEST_CASE("sampler: a masked token is never drawn") {
    const std::vector<float> logits(130, 0.0f);
    const std::vector<std::uint64_t> allowed = {1u << 5, 0, 0b10};
    Sampler sampler({.seed = 3});
    std::set<Token> tokens;
    for (int i = 0; i < 200; ++i) tokens.insert(sampler.sample(logits, allowed).token);
    CHECK(tokens == std::set<Token>{5, 129});
}

TEST_CASE("sampler: the logprob is that at temperature 1, before any cut") {
    const std::vector<float> logits = {std::log(0.7f) + 3, std::log(0.3f) + 3};
    CHECK(Sampler({.temperature = 0}).sample(logits).logprob == doctest::Approx(std::log(0.7)));
    const std::uint64_t allowed = 0b10;
    CHECK(Sampler({.temperature = 0.1f, .top_p = 0.1f}).sample(logits, {&allowed, 1}).logprob ==
          doctest::Approx(std::log(0.3)));
}

TEST_CASE("sampler: bad options and logits without a number are errors") {
    const float nan = std::nanf("");
    CHECK_THROWS_AS(Sampler({.temperature = -1}), Error);
    CHECK_THROWS_AS(Sampler({.temperature = nan}), Error);
    CHECK_THROWS_AS(Sampler({.top_p = 0}), Error);
    CHECK_THROWS_AS(Sampler({.top_p = 1.5f}), Error);
    CHECK_THROWS_AS(Sampler({.min_p = 1}), Error);
    CHECK_THROWS_AS(Sampler({.min_p = nan}), Error);
    CHECK_THROWS_AS(Sampler({}).sample(std::vector<float>{nan, nan}), Error);
    CHECK_THROWS_AS(Sampler({.temperature = 0}).sample(std::vector<float>{-INFINITY}), Error);
    CHECK(Sampler({}).sample(std::vector<float>{nan, 1, -INFINITY}).token == 1);
}
