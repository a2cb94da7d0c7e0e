// engine/cpu/sparse_lanes_plain.h: What the sparse path needs of plain C++ beyond lanes of floats.
#pragma once

#include "engine/cpu/lanes_plain.h"

namespace heddle::engine {

struct PlainSparseLanes : PlainLanes {
    static constexpr int lanes = 8;

    static void load_e4m3_pairs_over_256(const std::uint8_t* from, Vector& even, Vector& odd) {
        std::uint8_t parts[2][8];
        for (int i = 0; i < 16; ++i) parts[i % 2][i / 2] = from[i];
        even = load_e4m3_over_256(parts[0]);
        odd = load_e4m3_over_256(parts[1]);
    }
};

}  // namespace heddle::engine
