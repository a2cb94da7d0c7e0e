// engine/cpu/multiply_blocked.h: Products of many rows: each block of weights is widened once, and met by all rows
// while it is in the nearest cache.
#pragma once

#include "engine/cpu/multiply_on_lanes.h"

namespace heddle::engine {

// Widens a block of one panel: [block_steps, 16] words.
template <class L, PanelType type>
void widen_block(const std::uint32_t* panel, int count, std::uint32_t* out) {
    constexpr int steps = inputs_of_word(type) / L::step_inputs;
    for (; count > 0; count -= inputs_of_word(type), panel += panel_outputs) {
        for (int i = 0; i < panel_outputs; i += L::lanes) {
            typename L::Step weights[steps];
            L::template widen<type>(panel + i, weights);
            for (int s = 0; s < steps; ++s) L::store_step(out + s * panel_outputs + i, weights[s]);
        }
        out += steps * panel_outputs;
    }
}

template <class L, int R, int P>
void add_widened(Tile<L, R, P>& tile, const std::uint32_t* weights, const std::uint32_t* inputs, int steps) {
    constexpr int parts = Tile<L, R, P>::parts;
    Tile<L, R, P> local = tile;  // which the compiler keeps in registers
    auto& sum = local.sum;
    for (int s = 0; s < steps; ++s) {
        typename L::Step weight[P][parts];
        for (int p = 0; p < P; ++p) {
            for (int i = 0; i < parts; ++i) {
                weight[p][i] = L::load_step(weights + (p * block_steps<L> + s) * panel_outputs + i * L::lanes);
            }
        }
        for (int r = 0; r < R; ++r) {
            const typename L::Step input = L::broadcast_step(inputs + r * block_steps<L> + s);
            for (int p = 0; p < P; ++p) {
                for (int i = 0; i < parts; ++i) sum[r][p][i] = L::add_step(input, weight[p][i], sum[r][p][i]);
            }
        }
    }
    tile = local;
}

// Weights that are widened next: `lines` of 64 bytes of each panel, panels `stride` words apart. They are asked for
// while rows are at work, some by each tile, so that at no time many are under way.
template <class L>
struct NextWeights {
    const std::uint32_t* at;
    std::int64_t stride;
    int panels, lines, lines_of_tile;
    int line = 0;

    void prefetch() {
        for (int left = lines_of_tile; left > 0 && panels > 0; --left) {
            __builtin_prefetch(at, 0, L::prefetch_locality);
            at += panel_outputs;
            if (++line < lines) continue;
            line = 0;
            at += stride - std::int64_t{lines} * panel_outputs;
            --panels;
        }
    }
};

// One block of `P` panels against all rows.
template <class L, int P>
struct BlockedCall {
    const InputBlock& block;
    const std::uint32_t* weights;
    const std::uint32_t* inputs;
    const float* scales;
    std::int64_t scales_stride;
    TileMemory memory;
    NextWeights<L> next;
    int row = 0;

    template <int R>
    void run() {
        next.prefetch();
        TileMemory at = memory;
        at.sums += row * at.stride;
        at.totals += row * at.stride;
        Tile<L, R, P> tile;
        tile.begin(at, block);
        const int steps = (block.last - block.first + L::step_inputs - 1) / L::step_inputs;
        add_widened<L, R, P>(tile, weights, inputs + row * block_steps<L>, steps);
        tile.end(at, block, scales, scales_stride);
    }
};

// The room holds the widened weights of some panels, the prepared inputs of all rows, and sums and totals of all.
template <class L>
struct BlockedRoom {
    std::uint32_t* weights;
    std::uint32_t* inputs;
    TileMemory memory;

    explicit BlockedRoom(const MultiplyArguments& a) {
        memory.stride = std::int64_t{a.panel_last - a.panel_first} * panel_outputs;
        weights = a.room;
        inputs = weights + widened_panels * block_inputs * panel_outputs;
        memory.sums = reinterpret_cast<float*>(inputs + a.rows * block_inputs);
        memory.totals = memory.sums + a.rows * memory.stride;
    }
};

template <class L, PanelType type, int P>
int multiply_blocked_panels(const MultiplyArguments& a, const BlockedRoom<L>& room, const InputBlock& block,
                            int panel) {
    static_assert(P <= widened_panels);
    const std::int64_t panel_words = std::int64_t{a.matrix->words} * panel_outputs;
    const int lines = block_inputs / inputs_of_word(type), tiles = row_tiles<L::tile_rows>(a.rows);
    for (; panel + P <= a.panel_last; panel += P) {
        const std::uint32_t* const panels = a.matrix->panels + panel * panel_words;
        for (int p = 0; p < P; ++p) {
            widen_block<L, type>(panels + p * panel_words + std::int64_t{block.word} * panel_outputs,
                                 block.last - block.first, room.weights + p * block_steps<L> * panel_outputs);
        }
        TileMemory memory = room.memory;
        memory.sums += (panel - a.panel_first) * panel_outputs;
        memory.totals += (panel - a.panel_first) * panel_outputs;
        const bool is_last = panel + P >= a.panel_last;  // then the next block begins, with the first panel
        const std::uint32_t* const next =
            is_last ? a.matrix->panels + a.panel_first * panel_words + std::int64_t{block.next} * panel_outputs
                    : panels + P * panel_words + std::int64_t{block.word} * panel_outputs;
        each_row_tile<L, L::tile_rows>(
            a.rows, BlockedCall<L, P>{block,
                                      room.weights,
                                      room.inputs,
                                      scales_behind<L, type>(block, panels),
                                      panel_words,
                                      memory,
                                      {next, panel_words, P, lines, (P * lines + tiles - 1) / tiles}});
    }
    return panel;
}

template <class L, PanelType type>
void multiply_blocked(const MultiplyArguments& a) {
    const BlockedRoom<L> room(a);
    each_block<L, type>(*a.matrix, [&](const InputBlock& block) {
        prepare_inputs<L>(a, 0, a.rows, block, room.inputs);
        const int rest = multiply_blocked_panels<L, type, L::tile_panels>(a, room, block, a.panel_first);
        multiply_blocked_panels<L, type, 1>(a, room, block, rest);
    });
    write_out<L>(a, room.memory.totals, room.memory.stride, 0, a.rows, a.panel_first, a.panel_last - a.panel_first);
}

// `Pairs`: the lanes for matrices whose inputs may be rounded to what the lanes like; the same where there are none.
template <class Floats, class Pairs>
void multiply(const MultiplyArguments& a) {
    const auto on = [&]<class L, PanelType type>() {
        if (a.is_direct) {
            multiply_direct<L, type>(a);
        } else {
            multiply_blocked<L, type>(a);
        }
    };
    const bool in_pairs = !a.matrix->keeps_inputs;
    switch (a.matrix->type) {
        case PanelType::f32:
            return on.template operator()<Floats, PanelType::f32>();
        case PanelType::bf16:
            return in_pairs ? on.template operator()<Pairs, PanelType::bf16>()
                            : on.template operator()<Floats, PanelType::bf16>();
        case PanelType::e4m3:
            return in_pairs ? on.template operator()<Pairs, PanelType::e4m3>()
                            : on.template operator()<Floats, PanelType::e4m3>();
    }
}

}  // namespace heddle::engine
