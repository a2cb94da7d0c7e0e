// engine/cpu/cpu_attend.cpp: Finds the selected rows in their pages and shares heads and tokens out.
#include <algorithm>
#include <vector>

#include "engine/cpu/cpu_ops.h"

namespace heddle::engine {

namespace {

struct Room {
    std::vector<const float*> rows;
    std::vector<float> probabilities;
};

Room& room_for(int count) {
    thread_local Room room;
    const auto padded = static_cast<std::size_t>(count + 7) / 8 * 8;
    if (room.rows.size() < padded) {
        room.rows.resize(padded);
        room.probabilities.resize(4 * padded);
    }
    return room;
}

// How many heads one task takes: all of a token's share the search for its rows; but a lone token's heads are the
// only thing to share out. Multiples of four, as the kernel takes them; which ones it takes together changes nothing.
int heads_of_task(int heads, std::int64_t tokens, int threads) {
    if (tokens >= 4 * threads) return heads;
    return std::min(heads, std::max(heads / (2 * threads) / 4 * 4, 4));
}

}  // namespace

void CpuOps::attend(const AttendParams& params) {
    const int step = heads_of_task(params.heads, params.q.rows, pool_.threads());
    const int steps = (params.heads + step - 1) / step;
    pool_.run(params.q.rows * steps, [&](std::int64_t task) {
        const std::int64_t t = task / steps;
        const int head = static_cast<int>(task % steps) * step;
        const Sequence& sequence = sequence_of(params.sequences, t);
        const bool dense = params.selected == nullptr;
        const int count = dense ? static_cast<int>(position_of(sequence, t) + 1) : params.counts[t];
        Room& room = room_for(count);
        for (int j = 0; j < count; ++j) {
            const int position = dense ? j : params.selected[t * params.top_k + j];
            room.rows[static_cast<std::size_t>(j)] =
                reinterpret_cast<const float*>(sequence.cache.latent(params.layer, position));
        }
        kernels_.attend({.q = params.q.row<float>(t) + head * params.row_width,
                         .rows = room.rows.data(),
                         .out = params.out.row<float>(t) + head * params.row_width,
                         .probabilities = room.probabilities.data(),
                         .q_stride = params.row_width,
                         .heads = std::min(step, params.heads - head),
                         .count = count,
                         .width = params.row_width,
                         .out_width = (params.kv_lora + 15) / 16 * 16,
                         .scale = static_cast<float>(params.scale)});
    });
}

}  // namespace heddle::engine
