// tests/engine/rope_test.cpp: Tests the angles against YaRN's published constants, far out and close by.
#include "engine/transformer/rope.h"

#include <doctest.h>

#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

using namespace heddle::engine;

namespace {

constexpr std::size_t half = 32;  // of DeepSeek-V3.2's 64 rotated dimensions

ModelConfig vendor_config() {
    ModelConfig config;
    config.nope = 128;
    config.rope = 64;
    config.rope_theta = 10000;
    config.positions = 163840;
    config.yarn = YarnConfig{
        .factor = 40, .beta_fast = 32, .beta_slow = 1, .mscale = 1, .mscale_all_dim = 1, .original_max_position = 4096};
    return config;
}

struct Angles {
    std::vector<double> cosines, sines;  // [positions, rope / 2]
};

Angles angles(const Rope& rope, std::int64_t first, std::size_t positions, std::size_t pairs = half) {
    Angles made{std::vector<double>(positions * pairs), std::vector<double>(positions * pairs)};
    rope.angles(first, made.cosines, made.sines);
    return made;
}

// By how much each pair turns from one position to the next.
std::vector<double> frequencies(const Rope& rope, std::size_t pairs = half) {
    const Angles one = angles(rope, 1, 1, pairs);
    std::vector<double> turned;
    for (std::size_t i = 0; i < pairs; ++i) turned.push_back(std::atan2(one.sines[i], one.cosines[i]));
    return turned;
}

double plain_frequency(std::size_t i) {
    return std::pow(10000.0, -2.0 * double(i) / 64);
}

}  // namespace

TEST_CASE("rope: pairs up to 10 keep their frequency, pairs from 23 on turn 40 times slower, between them a ramp") {
    const std::vector<double> found = frequencies(Rope(vendor_config()));
    for (std::size_t i = 0; i < half; ++i) {
        const double stretched = i <= 10 ? 0 : i >= 23 ? 1 : (double(i) - 10) / 13;
        const double expected = plain_frequency(i) * (1 - stretched) + plain_frequency(i) / 40 * stretched;
        INFO("pair ", i);
        CHECK(found[i] == doctest::Approx(expected).epsilon(1e-12));
    }
    CHECK(found[10] == doctest::Approx(0.0562341325).epsilon(1e-9));
    CHECK(found[23] == doctest::Approx(0.00133352143 / 40).epsilon(1e-8));
}

TEST_CASE("rope: the softmax scale is 0.1352338 with YaRN, and the angles carry no magnitude") {
    const Rope rope(vendor_config());
    CHECK(rope.softmax_scale() == doctest::Approx(0.1352338).epsilon(1e-6));
    const Angles far = angles(rope, 163839, 1);
    for (std::size_t i = 0; i < half; ++i) {
        CHECK(far.cosines[i] * far.cosines[i] + far.sines[i] * far.sines[i] == doctest::Approx(1).epsilon(1e-12));
    }
}

TEST_CASE("rope: mscale beside mscale_all_dim gives the angles the ratio of both, and the scale the square of one") {
    ModelConfig config = vendor_config();
    config.yarn->mscale = 0.5;
    const double inner = 0.1 * 0.5 * std::log(40.0) + 1, all = 0.1 * std::log(40.0) + 1;
    CHECK(angles(Rope(config), 0, 1).cosines[0] == doctest::Approx(inner / all));
    CHECK(Rope(config).softmax_scale() == doctest::Approx(all * all / std::sqrt(192.0)));
    config.yarn->mscale = 1;
    config.yarn->mscale_all_dim = 0;
    CHECK(angles(Rope(config), 0, 1).cosines[0] == doctest::Approx(all));
    CHECK(Rope(config).softmax_scale() == doctest::Approx(1 / std::sqrt(192.0)));
}

TEST_CASE("rope: without YaRN, and where the context is no longer than the first training, nothing is stretched") {
    ModelConfig plain = vendor_config(), within = vendor_config();
    plain.yarn.reset();
    within.positions = 4096;
    for (const ModelConfig& config : {plain, within}) {
        const Rope rope(config);
        CHECK(rope.softmax_scale() == doctest::Approx(1 / std::sqrt(192.0)));
        const std::vector<double> found = frequencies(rope);
        for (std::size_t i = 0; i < half; ++i) CHECK(found[i] == doctest::Approx(plain_frequency(i)).epsilon(1e-12));
    }
    within.positions = 4097;
    CHECK(frequencies(Rope(within))[31] == doctest::Approx(plain_frequency(31) / 40).epsilon(1e-12));
}

TEST_CASE("rope: at the last of 163840 positions an angle is still right to nine digits") {
    const Rope rope(vendor_config());
    const Angles last = angles(rope, 163838, 2);
    for (std::size_t i = 0; i < half; ++i) {
        const double stretched = i <= 10 ? 0 : i >= 23 ? 1 : (double(i) - 10) / 13;
        const long double frequency =
            std::pow(10000.0L, -2.0L * i / 64) * ((1 - (long double)stretched) + (long double)stretched / 40);
        const long double angle = 163839 * frequency;
        INFO("pair ", i);
        CHECK(std::fabs(last.cosines[half + i] - double(std::cos(angle))) < 1e-9);
        CHECK(std::fabs(last.sines[half + i] - double(std::sin(angle))) < 1e-9);
    }
}

TEST_CASE("rope: positions in a batch are those asked for one by one") {
    const Rope rope(vendor_config());
    const Angles batch = angles(rope, 100000, 70);
    for (const std::size_t row : {0u, 1u, 33u, 69u}) {
        const Angles one = angles(rope, 100000 + std::int64_t(row), 1);
        for (std::size_t i = 0; i < half; ++i) {
            CHECK(batch.cosines[row * half + i] == one.cosines[i]);
            CHECK(batch.sines[row * half + i] == one.sines[i]);
        }
    }
}

TEST_CASE("rope: two bounds of the ramp that fall together make a step, not a division by zero") {
    ModelConfig config = vendor_config();
    config.rope = 2;
    config.yarn->beta_fast = config.yarn->beta_slow = 1;
    for (const double frequency : frequencies(Rope(config), 1)) CHECK(std::isfinite(frequency));
}
