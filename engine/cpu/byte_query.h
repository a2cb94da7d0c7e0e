// engine/cpu/byte_query.h: An indexer's query as bytes, in the numbers that score_bytes multiplies.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/sparse_kernels.h"

namespace heddle::engine {

struct ByteQuery {
    std::vector<std::int8_t> q;         // [heads, dim]
    std::vector<std::int32_t> offsets;  // [heads]: what keys stored as 128 more than they are must start from
    std::vector<float> weights;         // [heads], with the scales of the queries

    // `from` [heads, dim], `head_weights` [heads]. Room is kept from one query to the next.
    void set(const float* from, const float* head_weights, int heads, int dim);
};

}  // namespace heddle::engine
