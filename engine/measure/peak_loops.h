// engine/measure/peak_loops.h: Loops of one multiply-add instruction over registers, the best that the processor has.
#pragma once

#include <cstdint>

namespace heddle::engine {

struct PeakLoop {
    const char* instruction;
    double operations;  // of one step of the loop; a multiply-add of a lane is two
    void (*run)(std::int64_t steps);
};

PeakLoop float_peak_loop();  // bf16 pairs, else 512-bit, else 256-bit multiply-add
PeakLoop byte_peak_loop();   // VNNI, else what AVX2 does in its place

}  // namespace heddle::engine
