// engine/cpu/multiply_on_lanes.h: The product kernel over any kind of lanes: tiles of rows by panels, kept in
// registers.
#pragma once

#include "engine/cpu/kernels.h"

namespace heddle::engine {

// Loads lanes [8 * half, 8 * half + 8) of the 16 elements at `index` of a panel.
template <class L, PanelType type>
typename L::Vector load_panel(const void* panel, std::int64_t index, int half) {
    const std::int64_t at = index * panel_outputs + 8 * half;
    if constexpr (type == PanelType::f32) {
        return L::load(static_cast<const float*>(panel) + at);
    } else if constexpr (type == PanelType::bf16) {
        return L::load_bf16(static_cast<const std::uint16_t*>(panel) + at);
    } else {
        return L::load_e4m3_over_256(static_cast<const std::uint8_t*>(panel) + at);
    }
}

constexpr int bytes_of(PanelType type) {
    return type == PanelType::f32 ? 4 : type == PanelType::bf16 ? 2 : 1;
}

// One tile: `R` rows by `P` panels. Every output has a sum of its own and takes its inputs in order, so the tile that
// an output falls into does not change its bits.
template <class L, PanelType type, int R, int P>
void multiply_tile(const MultiplyArguments& a, int row, int panel) {
    using Vector = typename L::Vector;
    const PanelMatrix& m = *a.matrix;
    const void* panels[P];
    for (int p = 0; p < P; ++p) {
        panels[p] =
            static_cast<const char*>(m.panels) + std::int64_t{panel + p} * m.inputs * panel_outputs * bytes_of(type);
    }
    const float* x = a.x + row * a.x_stride;
    Vector total[R][P][2];
    for (int segment = 0, k = 0; segment < m.segments; ++segment) {
        Vector sum[R][P][2];
        for (int r = 0; r < R; ++r) {
            for (int p = 0; p < P; ++p) sum[r][p][0] = sum[r][p][1] = L::broadcast(0);
        }
        for (const int end = m.segment_ends[segment]; k < end; ++k) {
            for (int p = 0; p < P; ++p) {
                const Vector low = load_panel<L, type>(panels[p], k, 0);
                const Vector high = load_panel<L, type>(panels[p], k, 1);
                for (int r = 0; r < R; ++r) {
                    const Vector input = L::broadcast(x[r * a.x_stride + k]);
                    sum[r][p][0] = L::multiply_add(input, low, sum[r][p][0]);
                    sum[r][p][1] = L::multiply_add(input, high, sum[r][p][1]);
                }
            }
        }
        const std::int64_t width = (std::int64_t{m.outputs} + panel_outputs - 1) / panel_outputs * panel_outputs;
        for (int r = 0; r < R; ++r) {
            for (int p = 0; p < P; ++p) {
                for (int half = 0; half < 2; ++half) {
                    Vector part = sum[r][p][half];
                    if (type == PanelType::e4m3) {
                        const std::int64_t output = std::int64_t{panel + p} * panel_outputs + 8 * half;
                        part = L::multiply(part, L::load(m.scales + segment * width + output));
                    }
                    total[r][p][half] = segment == 0 ? part : L::add(total[r][p][half], part);
                }
            }
        }
    }
    for (int r = 0; r < R; ++r) {
        for (int p = 0; p < P; ++p) {
            const int output = (panel + p) * panel_outputs;
            float* out = a.out + (row + r) * a.out_stride + output;
            if (output + panel_outputs <= m.outputs) {
                L::store(out, total[r][p][0]);
                L::store(out + 8, total[r][p][1]);
                continue;
            }
            float last[panel_outputs];
            L::store(last, total[r][p][0]);
            L::store(last + 8, total[r][p][1]);
            for (int n = 0; output + n < m.outputs; ++n) out[n] = last[n];
        }
    }
}

// The rows that are left when whole tiles are done: fewer than a tile has.
template <class L, PanelType type, int R>
void multiply_rest(const MultiplyArguments& a, int row, int rows, int panel) {
    if constexpr (R > 0) {
        if (rows == R) {
            multiply_tile<L, type, R, 1>(a, row, panel);
        } else {
            multiply_rest<L, type, R - 1>(a, row, rows, panel);
        }
    }
}

template <class L, PanelType type>
void multiply_typed(const MultiplyArguments& a) {
    int panel = a.panel_first;
    if (a.rows == 1) {  // a single row has too few sums in one panel to keep the processor busy
        for (; panel + L::tile_panels <= a.panel_last; panel += L::tile_panels) {
            multiply_tile<L, type, 1, L::tile_panels>(a, 0, panel);
        }
    }
    for (; panel < a.panel_last; ++panel) {
        int row = 0;
        for (; row + L::tile_rows <= a.rows; row += L::tile_rows)
            multiply_tile<L, type, L::tile_rows, 1>(a, row, panel);
        multiply_rest<L, type, L::tile_rows - 1>(a, row, a.rows - row, panel);
    }
}

template <class L>
void multiply(const MultiplyArguments& a) {
    switch (a.matrix->type) {
        case PanelType::f32:
            return multiply_typed<L, PanelType::f32>(a);
        case PanelType::bf16:
            return multiply_typed<L, PanelType::bf16>(a);
        case PanelType::e4m3:
            return multiply_typed<L, PanelType::e4m3>(a);
    }
}

}  // namespace heddle::engine
