// tests/engine/numbers_test.cpp: Tests the narrow formats value by value.
#include "engine/ops/numbers.h"

#include <doctest.h>

#include <cmath>
#include <vector>

using namespace heddle::engine;

TEST_CASE("numbers: all e4m3 bits survive the way to float and back") {
    for (int bits = 0; bits < 256; ++bits) {
        if ((bits & 0x7f) == 0x7f) continue;  // NaN
        const float value = e4m3_to_float(static_cast<std::uint8_t>(bits));
        CHECK(int(e4m3_bits(value)) == bits);
        CHECK(round_to_e4m3(value) == value);
    }
    CHECK(e4m3_to_float(0x7e) == 448);
    CHECK(e4m3_to_float(0x01) == 0x1p-9f);
    CHECK(std::isnan(e4m3_to_float(0x7f)));
}

TEST_CASE("numbers: rounding to e4m3 takes the nearest, and of two as near the even one") {
    std::vector<float> values;
    for (int bits = 0; bits < 0x7f; ++bits) values.push_back(e4m3_to_float(static_cast<std::uint8_t>(bits)));
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        const float middle = (values[i] + values[i + 1]) / 2;
        CHECK(round_to_e4m3(middle) == values[i % 2 == 0 ? i : i + 1]);
        CHECK(round_to_e4m3(std::nextafter(middle, 0.0f)) == values[i]);
        CHECK(round_to_e4m3(-std::nextafter(middle, 500.0f)) == -values[i + 1]);
    }
    CHECK(round_to_e4m3(1e30f) == 448);
}

TEST_CASE("numbers: an e4m3 scale is the least power of two that fits") {
    CHECK(e4m3_scale(448) == 1);
    CHECK(e4m3_scale(std::nextafter(448.0f, 500.0f)) == 2);
    CHECK(e4m3_scale(224) == 0.5f);
    CHECK(e4m3_scale(0) == e4m3_scale(1e-4f));
    for (float largest = 1e-4f; largest < 1e6f; largest *= 1.37f) {
        CHECK(largest / e4m3_scale(largest) <= 448);
        CHECK(largest / e4m3_scale(largest) > 224 * 0.999f);
    }
}

TEST_CASE("numbers: rounding to bf16 takes the nearest, ties to even") {
    CHECK(float_to_bf16(1.0f) == 0x3f80);
    CHECK(float_to_bf16(std::bit_cast<float>(0x3f808000u)) == 0x3f80);
    CHECK(float_to_bf16(std::bit_cast<float>(0x3f818000u)) == 0x3f82);
    CHECK(std::isnan(bf16_to_float(float_to_bf16(std::nanf("")))));
}

TEST_CASE("numbers: rounding to int8 takes the nearest whole number, ties to even, within +-127") {
    for (int whole = -127; whole <= 127; ++whole) CHECK(int(round_to_int8(float(whole))) == whole);
    for (int whole = -126; whole <= 126; whole += 2) {
        CHECK(int(round_to_int8(float(whole) + 0.5f)) == whole);
        CHECK(int(round_to_int8(float(whole) - 0.5f)) == whole);
        CHECK(int(round_to_int8(float(whole) + 0.50001f)) == whole + 1);
    }
    for (const float large : {127.4f, 127.6f, 1e30f, HUGE_VALF}) {
        CHECK(int(round_to_int8(large)) == 127);
        CHECK(int(round_to_int8(-large)) == -127);
    }
    CHECK(int(round_to_int8(std::nanf(""))) == -127);
}

TEST_CASE("numbers: an int8 scale brings the largest to 127, and zeros have one") {
    for (float largest = 1e-20f; largest < 1e20f; largest *= 3.7f) {
        CHECK(largest / int8_scale(largest) == doctest::Approx(127));
    }
    CHECK(int8_scale(0) > 0);
    CHECK(0 / int8_scale(0) == 0);
}
