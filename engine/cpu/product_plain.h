// engine/cpu/product_plain.h: How products go in plain C++: eight outputs at a time, one input a step, in floats.
#pragma once

#include "engine/cpu/lanes_plain.h"
#include "engine/cpu/panel_matrix.h"

namespace heddle::engine {

struct PlainProduct : PlainLanes {
    using Step = Vector;
    static constexpr int lanes = 8;
    static constexpr int step_inputs = 1;
    static constexpr int tile_rows = 2;
    static constexpr int tile_panels = 1;
    static constexpr int prefetch_words = 512, prefetch_locality = 3;
    static constexpr int direct_rows = tile_rows;
    static constexpr int direct_panels(int) { return 1; }

    template <PanelType type>
    static void widen(const std::uint32_t* words, Step* steps) {
        if constexpr (type == PanelType::f32) {
            steps[0] = load_step(words);
        } else if constexpr (type == PanelType::bf16) {
            steps[0] = each([&](int i) { return std::bit_cast<float>(words[i] << 16); });
            steps[1] = each([&](int i) { return std::bit_cast<float>(words[i] & 0xffff0000); });
        } else {
            for (int s = 0; s < 4; ++s) {
                const int shift = s / 2 * 8 + s % 2 * 16;  // the order of PanelMatrix
                // The exponent and mantissa fall into place of a float's, 120 powers of two too low.
                steps[s] = each([&](int i) {
                    const std::uint32_t bits = words[i] >> shift;
                    return std::bit_cast<float>((bits & 0x80) << 24 | (bits & 0x7f) << 20) * 0x1p120f;
                });
            }
        }
    }
    static void prepare(const float* x, int count, std::uint32_t* out) {
        for (int k = 0; k < count; ++k) out[k] = std::bit_cast<std::uint32_t>(x[k]);
    }
    static Step load_step(const std::uint32_t* words) {
        return each([&](int i) { return std::bit_cast<float>(words[i]); });
    }
    static void store_step(std::uint32_t* words, const Step& step) {
        for (int i = 0; i < lanes; ++i) words[i] = std::bit_cast<std::uint32_t>(step.lane[i]);
    }
    static Step broadcast_step(const std::uint32_t* word) { return broadcast(std::bit_cast<float>(*word)); }
    static Vector add_step(const Step& input, const Step& weight, const Vector& sum) {
        return multiply_add(input, weight, sum);
    }
};

}  // namespace heddle::engine
