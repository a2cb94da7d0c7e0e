// engine/cpu/cpu_multiply.cpp: Cuts a batch of products into tasks of a sensible size and shares them out.
#include <algorithm>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/packed_weight.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t work_worth_sharing = 1 << 16;  // multiply-adds; below that waking somebody costs more
constexpr std::int64_t work_of_task = 1 << 16;        // some microseconds: a task more costs a tenth of one
constexpr int rows_of_task = 48;                      // whole tiles of six; their inputs stay in the second cache

MultiplyArguments arguments_of(const Product& product) {
    const PanelMatrix& matrix = static_cast<const PanelWeight*>(product.weight)->matrix();
    ENGINE_CHECK(product.x.columns == matrix.inputs && product.out.columns == matrix.outputs);
    ENGINE_CHECK(product.x.rows == product.out.rows);
    return {.matrix = &matrix,
            .x = product.x.row<float>(0),
            .x_stride = product.x.stride,
            .out = product.out.row<float>(0),
            .out_stride = product.out.stride,
            .rows = static_cast<int>(product.x.rows),
            .panel_first = 0,
            .panel_last = (matrix.outputs + panel_outputs - 1) / panel_outputs};
}

void cut(const MultiplyArguments& whole, std::vector<MultiplyArguments>& tasks) {
    const std::int64_t panel_work = std::int64_t{whole.matrix->inputs} * panel_outputs;
    for (int row = 0; row < whole.rows; row += rows_of_task) {
        MultiplyArguments task = whole;
        task.rows = std::min(rows_of_task, whole.rows - row);
        task.x += row * whole.x_stride;
        task.out += row * whole.out_stride;
        // Multiples of four panels: a single row works on four at a time.
        const std::int64_t panels = (work_of_task / (panel_work * task.rows) + 3) / 4 * 4;
        const int step = static_cast<int>(std::clamp<std::int64_t>(panels, 4, whole.panel_last));
        for (int panel = 0; panel < whole.panel_last; panel += step) {
            task.panel_first = panel;
            task.panel_last = std::min(panel + step, whole.panel_last);
            tasks.push_back(task);
        }
    }
}

}  // namespace

void CpuOps::multiply(std::span<const Product> products) {
    std::int64_t work = 0;
    for (const Product& product : products) work += product.x.rows * product.x.columns * product.out.columns;
    if (work < work_worth_sharing) {
        for (const Product& product : products) kernels_.multiply(arguments_of(product));
        return;
    }
    thread_local std::vector<MultiplyArguments> tasks;  // keeps its room: a step allocates nothing
    tasks.clear();
    for (const Product& product : products) cut(arguments_of(product), tasks);
    const std::vector<MultiplyArguments>& shared = tasks;  // the workers have a `tasks` of their own
    pool_.run(static_cast<std::int64_t>(shared.size()),
              [&](std::int64_t task) { kernels_.multiply(shared[static_cast<std::size_t>(task)]); });
}

}  // namespace heddle::engine
