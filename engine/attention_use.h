// engine/attention_use.h: How a layer's attention worked: over everything before a token, or over a selection of it.
#pragma once

#include <cstdint>

namespace heddle::engine {

// Counted from what was attended to, layer by layer, not from what the config promises.
struct AttentionUse {
    std::int64_t rows_dense = 0;   // tokens that attended to every position up to their own
    std::int64_t rows_sparse = 0;  // tokens that attended to fewer
    std::int64_t positions = 0;    // attended to, all these tokens together

    AttentionUse& operator+=(const AttentionUse& other) {
        rows_dense += other.rows_dense;
        rows_sparse += other.rows_sparse;
        positions += other.positions;
        return *this;
    }
    bool operator==(const AttentionUse&) const = default;
};

}  // namespace heddle::engine
