// engine/cpu/lanes_plain.h: Eight floats at a time in plain C++, for any processor.
#pragma once

#include <cmath>
#include <cstdint>

#include "engine/ops/numbers.h"

namespace heddle::engine {

struct PlainLanes {
    struct Vector {
        float lane[8];
    };
    static constexpr int lanes = 8;

    template <class Function>
    static Vector each(Function function) {
        Vector v;
        for (int i = 0; i < 8; ++i) v.lane[i] = function(i);
        return v;
    }
    static Vector broadcast(float value) {
        return each([&](int) { return value; });
    }
    static Vector load(const float* from) {
        return each([&](int i) { return from[i]; });
    }
    static void store(float* to, const Vector& v) {
        for (int i = 0; i < 8; ++i) to[i] = v.lane[i];
    }
    static Vector load_bf16(const std::uint16_t* from) {
        return each([&](int i) { return bf16_to_float(from[i]); });
    }
    // Times 2^-8, which whoever uses it folds into a scale; no NaN comes here. The exponent and mantissa fall into
    // place of a float's, 120 powers of two too low; the product with 2^112 brings back all but eight.
    static Vector load_e4m3_over_256(const std::uint8_t* from) {
        return each([&](int i) {
            const std::uint32_t bits = from[i];
            return std::bit_cast<float>((bits & 0x80) << 24 | (bits & 0x7f) << 20) * 0x1p112f;
        });
    }
    static Vector add(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] + b.lane[i]; });
    }
    static Vector multiply(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] * b.lane[i]; });
    }
    static Vector multiply_add(const Vector& a, const Vector& b, const Vector& c) {
        return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
    }
    static Vector divide(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] / b.lane[i]; });
    }
    static Vector larger(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
    }
    static Vector exp(const Vector& v) {
        return each([&](int i) { return std::exp(v.lane[i]); });
    }
    static float sum(const Vector& v) {
        return ((v.lane[0] + v.lane[1]) + (v.lane[2] + v.lane[3])) +
               ((v.lane[4] + v.lane[5]) + (v.lane[6] + v.lane[7]));
    }
    // Lane i is the sum of vector i.
    static Vector sums(const Vector (&v)[8]) {
        return each([&](int i) { return sum(v[i]); });
    }
};

}  // namespace heddle::engine
