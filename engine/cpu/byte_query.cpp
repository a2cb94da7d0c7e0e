// engine/cpu/byte_query.cpp: Rounds each head of a query to whole numbers of its own scale.
#include "engine/cpu/byte_query.h"

#include <cstddef>

#include "engine/cpu/hadamard.h"

namespace heddle::engine {

// A head's scale moves into its weight: relu(scale * x) = scale * relu(x).
void ByteQuery::set(const float* from, const float* head_weights, int heads, int dim) {
    const auto count = static_cast<std::size_t>(heads);
    q.resize(count * static_cast<std::size_t>(dim));
    offsets.resize(count);
    weights.resize(count);
    for (std::size_t h = 0; h < count; ++h) {
        std::int8_t* const head = q.data() + h * static_cast<std::size_t>(dim);
        weights[h] = head_weights[h] * quantise(from + h * static_cast<std::size_t>(dim), dim, head);
        std::int32_t sum = 0;
        for (int d = 0; d < dim; ++d) sum += head[d];
        offsets[h] = -key_zero * sum;
    }
}

}  // namespace heddle::engine
