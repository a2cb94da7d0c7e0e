// engine/ops/precision.h: What a back end may round, and what it must not.
#pragma once

#include "engine/ops/row_format.h"

namespace heddle::engine {

// What products and attention may take their inputs as. Products that choose experts or positions never round them.
enum class Activations {
    native,  // bf16, as the vendor runs the model, where the processor is faster with it; else floats
    f32,     // floats everywhere: what comparisons ask for
};

inline constexpr int index_dim_max = 128;  // dimensions of the indexer's vectors, which have one scale each

struct Precision {
    bool quantised_indexer = true;  // int8 queries and keys
    CacheRows rows = CacheRows::fp8;
    Activations activations = Activations::native;
};

}  // namespace heddle::engine
