// engine/cpu/multiply_on_lanes.h: The product kernel over any kind of lanes: sums of a tile of outputs, kept in
// registers; a few rows straight from the panels, many rows by blocks that are widened once.
#pragma once

#include "engine/cpu/panel_matrix.h"

// Every output has a sum of its own, which takes the inputs of a segment in order; then it is scaled and added to the
// output's total, segment by segment in order. Neither the way nor the tile nor the task that an output falls into
// changes its bits. `L` says what a step of a sum is (one input as a float, or a pair as bf16) and how the three types
// are widened to it; weights and inputs are words of 32 bits to all else.
//
// No function of the standard library in here, and no inline function that is no template over the lanes: the linker
// keeps one copy of these, and it might be the one that was compiled for instructions that the processor does not have.
namespace heddle::engine {

// Inputs [first, last) of one segment, which are in the panel from `word` on; `next`: the word behind them.
struct InputBlock {
    int first, last, word, next, segment;
    bool begins, ends;  // the segment
};

template <class L, PanelType type, class Visit>
void each_block(const PanelMatrix& m, Visit visit) {
    InputBlock block{};
    for (block.segment = 0; block.segment < m.segments; ++block.segment) {
        const int end = m.segment_ends[block.segment];
        for (block.begins = true; block.first < end; block.begins = false) {
            block.last = end - block.first > block_inputs ? block.first + block_inputs : end;
            block.ends = block.last == end;
            block.next = block.word + (block.last - block.first + inputs_of_word(type) - 1) / inputs_of_word(type);
            visit(block);
            block.word = block.next + (block.ends && type == PanelType::e4m3 ? 1 : 0);  // for the scales
            block.first = block.last;
        }
    }
}

template <class L>
inline constexpr int block_steps = block_inputs / L::step_inputs;

// Where a tile's sums and totals lie while another tile is at work: [rows, stride] each.
struct TileMemory {
    float* sums;
    float* totals;
    std::int64_t stride;
};

// The sums of `R` rows by `P` panels in one block.
template <class L, int R, int P>
struct Tile {
    static constexpr int parts = panel_outputs / L::lanes;
    typename L::Vector sum[R][P][parts];

    void begin(const TileMemory& at, const InputBlock& block) {
        for (int r = 0; r < R; ++r) {
            for (int p = 0; p < P; ++p) {
                for (int i = 0; i < parts; ++i) {
                    const float* from = at.sums + r * at.stride + p * panel_outputs + i * L::lanes;
                    sum[r][p][i] = block.begins ? L::broadcast(0) : L::load(from);
                }
            }
        }
    }
    // `scales`: [16] for each panel, `scales_stride` apart; or none.
    void end(const TileMemory& at, const InputBlock& block, const float* scales, std::int64_t scales_stride) {
        for (int r = 0; r < R; ++r) {
            for (int p = 0; p < P; ++p) {
                for (int i = 0; i < parts; ++i) {
                    const std::int64_t column = p * panel_outputs + i * L::lanes;
                    if (!block.ends) {
                        L::store(at.sums + r * at.stride + column, sum[r][p][i]);
                        continue;
                    }
                    auto part = sum[r][p][i];
                    if (scales != nullptr) {
                        part = L::multiply(part, L::load(scales + p * scales_stride + i * L::lanes));
                    }
                    float* total = at.totals + r * at.stride + column;
                    L::store(total, block.segment == 0 ? part : L::add(L::load(total), part));
                }
            }
        }
    }
};

// Where the scales of the block's segment stand in a panel, whose first word `panel` is.
template <class L, PanelType type>
const float* scales_behind(const InputBlock& block, const std::uint32_t* panel) {
    if (type != PanelType::e4m3) return nullptr;
    return reinterpret_cast<const float*>(panel + std::int64_t{block.next} * panel_outputs);
}

// Copies a tile's totals to the outputs that there are.
template <class L>
void write_out(const MultiplyArguments& a, const float* totals, std::int64_t stride, int row, int rows, int panel,
               int panels) {
    for (int r = 0; r < rows; ++r) {
        for (int p = 0; p < panels; ++p) {
            const int output = (panel + p) * panel_outputs;
            const float* from = totals + r * stride + p * panel_outputs;
            float* out = a.out + (row + r) * a.out_stride + output;
            if (output + panel_outputs <= a.matrix->outputs) {
                for (int i = 0; i < panel_outputs; i += L::lanes) L::store(out + i, L::load(from + i));
            } else {
                for (int n = 0; output + n < a.matrix->outputs; ++n) out[n] = from[n];
            }
        }
    }
}

// Inputs of one block as the steps want them: [rows, block_steps].
template <class L>
void prepare_inputs(const MultiplyArguments& a, int row, int rows, const InputBlock& block, std::uint32_t* out) {
    for (int r = 0; r < rows; ++r) {
        L::prepare(a.x + (row + r) * a.x_stride + block.first, block.last - block.first, out + r * block_steps<L>);
    }
}

// Panels that lie `stride` words apart.
struct Panels {
    const std::uint32_t* first;
    std::int64_t stride;
};

// Adds `count` inputs, widening their weights on the way; `here`: P panels, at the block's first word. As many words of
// `ahead` are brought into the cache.
template <class L, PanelType type, int R, int P>
void add_packed(Tile<L, R, P>& tile, Panels here, Panels ahead, const std::uint32_t* inputs, int count) {
    constexpr int steps = inputs_of_word(type) / L::step_inputs;
    constexpr int parts = Tile<L, R, P>::parts;
    Tile<L, R, P> local = tile;  // which the compiler keeps in registers
    auto& sum = local.sum;
    const auto add_word = [&](int steps_here) __attribute__((always_inline)) {
        for (int p = 0; p < P; ++p) {
            const std::uint32_t* words = here.first + p * here.stride;
            __builtin_prefetch(ahead.first + p * ahead.stride, 0, L::prefetch_locality);
            for (int i = 0; i < parts; ++i) {
                typename L::Step weights[steps];
                L::template widen<type>(words + i * L::lanes, weights);
                for (int s = 0; s < steps_here; ++s) {
                    for (int r = 0; r < R; ++r) {
                        const std::uint32_t* input = inputs + r * block_steps<L> + s;
                        sum[r][p][i] = L::add_step(L::broadcast_step(input), weights[s], sum[r][p][i]);
                    }
                }
            }
        }
        here.first += panel_outputs;
        ahead.first += panel_outputs;
        inputs += steps;
    };
    for (; count >= inputs_of_word(type); count -= inputs_of_word(type)) add_word(steps);
    if (count > 0) add_word((count + L::step_inputs - 1) / L::step_inputs);
    tile = local;
}

// All inputs for `R` rows by `P` panels; the inputs of `rows` rows were prepared block by block.
template <class L, PanelType type, int R, int P>
void multiply_direct_tile(const MultiplyArguments& a, int row, int panel) {
    const PanelMatrix& m = *a.matrix;
    const std::int64_t panel_words = std::int64_t{m.words} * panel_outputs;
    const std::uint32_t* const panels = m.panels + panel * panel_words;
    Panels then{panels + P * panel_words, panel_words};
    if (panel + P >= a.panel_last && a.next != nullptr) then = {a.next, a.next_stride};
    const std::uint32_t* inputs = a.room + row * block_steps<L>;
    alignas(64) float sums[R * P * panel_outputs];
    alignas(64) float totals[R * P * panel_outputs];
    const TileMemory memory{sums, totals, P * panel_outputs};
    each_block<L, type>(m, [&](const InputBlock& block) {
        Tile<L, R, P> tile;
        tile.begin(memory, block);
        const Panels here{panels + std::int64_t{block.word} * panel_outputs, panel_words};
        const Panels ahead{here.first + L::prefetch_words, panel_words};
        const bool is_last = block.last == m.inputs;
        add_packed<L, type, R, P>(tile, here, is_last ? then : ahead, inputs, block.last - block.first);
        tile.end(memory, block, scales_behind<L, type>(block, panels), panel_words);
        inputs += a.rows * block_steps<L>;
    });
    write_out<L>(a, totals, memory.stride, row, R, panel, P);
}

// Calls the template of as many rows as there are.
template <class L, int R, class Call>
void with_rows(int rows, Call& call) {
    if constexpr (R > 0) {
        if (rows == R) {
            call.template run<R>();
        } else {
            with_rows<L, R - 1>(rows, call);
        }
    }
}

template <int most>
int row_tiles(int rows) {
    return (rows + most - 1) / most;
}

// Tiles of nearly equal height, none of more than `most` rows: a last one of a single row would leave the processor
// idle.
template <class L, int most, class Call>
void each_row_tile(int rows, Call call) {
    const int tiles = row_tiles<most>(rows);
    for (int tile = 0, row = 0; tile < tiles; ++tile) {
        const int height = rows / tiles + (tile < rows % tiles ? 1 : 0);
        call.row = row;
        with_rows<L, most>(height, call);
        row += height;
    }
}

template <class L, PanelType type>
struct DirectCall {
    const MultiplyArguments& a;
    int row = 0;

    template <int R>
    void run() {
        run_panels<R, L::direct_panels(R)>(a.panel_first);
    }
    // As many panels side by side as there may be; of the rest half as many, and so on.
    template <int R, int P>
    void run_panels(int panel) {
        for (; panel + P <= a.panel_last; panel += P) multiply_direct_tile<L, type, R, P>(a, row, panel);
        if constexpr (P > 1) run_panels<R, P / 2>(panel);
    }
};

template <class L, PanelType type>
void multiply_direct(const MultiplyArguments& a) {
    std::uint32_t* inputs = a.room;
    each_block<L, type>(*a.matrix, [&](const InputBlock& block) {
        prepare_inputs<L>(a, 0, a.rows, block, inputs);
        inputs += a.rows * block_steps<L>;
    });
    each_row_tile<L, L::direct_rows>(a.rows, DirectCall<L, type>{a});
}

}  // namespace heddle::engine
