// engine/cpu/cpu_multiply.cpp: Cuts a batch of products into tasks of a sensible size and shares them out.
#include <algorithm>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/packed_weight.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t work_worth_sharing = 1 << 16;    // multiply-adds; below that waking somebody costs more
constexpr std::int64_t direct_task_bytes = 128 << 10;   // of weights: some microseconds, so that all end together
constexpr int tile_height = 6;                          // rows that the kernels take together, where there are many
constexpr int rows_of_task = 132;                       // whole tiles; a block of their inputs stays in L2
constexpr std::int64_t sums_of_task_bytes = 256 << 10;  // that stay in L2 too, while panels share prepared inputs
constexpr std::int64_t panels_direct = 8;               // that the kernels read side by side, where there are enough
constexpr int tasks_per_thread = 6;                     // at least, where the work suffices: a slow core holds up less

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

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
            .panel_last = (matrix.outputs + panel_outputs - 1) / panel_outputs,
            .is_direct = false,
            .room = nullptr,
            .next = nullptr,
            .next_stride = 0};
}

// Panels of a task, a multiple of four as the kernels take them: enough to be worth a turn, few enough to share out.
std::int64_t panels_for(const MultiplyArguments& task, std::int64_t share) {
    const std::int64_t panel_work = std::int64_t{task.matrix->inputs} * panel_outputs * task.rows;
    if (task.is_direct) {
        const std::int64_t bytes = std::int64_t{task.matrix->words} * panel_outputs * 4;
        const std::int64_t panels = std::min(std::max(direct_task_bytes / bytes, panels_direct), share / panel_work);
        return panels <= 4 ? 4 : round_up(panels, panels_direct);
    }
    const std::int64_t panels_max = sums_of_task_bytes / (std::int64_t{task.rows} * panel_outputs * 4) / 4 * 4;
    return std::clamp<std::int64_t>(round_up(share / panel_work, 4), 4, panels_max);
}

// `share`: the multiply-adds that a task should have, if it may be so large.
void cut(const MultiplyArguments& whole, int direct_rows, std::int64_t share, std::vector<MultiplyArguments>& tasks) {
    const int row_parts = (whole.rows + rows_of_task - 1) / rows_of_task;
    const int rows = static_cast<int>(round_up((whole.rows + row_parts - 1) / row_parts, tile_height));
    for (int row = 0; row < whole.rows; row += rows) {
        MultiplyArguments task = whole;
        task.rows = std::min(rows, whole.rows - row);
        task.x += row * whole.x_stride;
        task.out += row * whole.out_stride;
        task.is_direct = task.rows <= direct_rows;
        const int step = static_cast<int>(panels_for(task, share));
        for (int panel = 0; panel < whole.panel_last; panel += step) {
            task.panel_first = panel;
            task.panel_last = std::min(panel + step, whole.panel_last);
            tasks.push_back(task);
        }
    }
}

// The calling thread's own room; it keeps it, so that a step allocates nothing once it has seen its largest product.
std::uint32_t* room_for(const MultiplyArguments& task) {
    thread_local Buffer room;
    const auto bytes = static_cast<std::size_t>(multiply_room(task)) * sizeof(std::uint32_t);
    if (room.bytes() < bytes) room = Buffer(host_device(), bytes);
    return reinterpret_cast<std::uint32_t*>(room.data());
}

}  // namespace

std::int64_t multiply_room(const MultiplyArguments& a) {
    if (a.is_direct) {
        const std::int64_t blocks = a.matrix->inputs / block_inputs + a.matrix->segments;  // at most
        return blocks * block_inputs * a.rows;
    }
    const std::int64_t outputs = std::int64_t{a.panel_last - a.panel_first} * panel_outputs;
    return widened_panels * block_inputs * panel_outputs + a.rows * (block_inputs + 2 * outputs);
}

void CpuOps::multiply(std::span<const Product> products) {
    const auto run = [&](MultiplyArguments task) {
        task.room = room_for(task);
        kernels_.multiply(task);
    };
    std::int64_t work = 0;
    for (const Product& product : products) work += product.x.rows * product.x.columns * product.out.columns;
    thread_local std::vector<MultiplyArguments> tasks;  // keeps its room too
    tasks.clear();
    for (const Product& product : products)
        cut(arguments_of(product), kernels_.direct_rows, work / (tasks_per_thread * pool_.threads()), tasks);
    const std::vector<MultiplyArguments>& shared = tasks;  // the workers have a `tasks` of their own
    if (work < work_worth_sharing) {
        for (const MultiplyArguments& task : shared) run(task);
        return;
    }
    pool_.run(std::ssize(shared), [&](std::int64_t task) {
        MultiplyArguments arguments = shared[static_cast<std::size_t>(task)];
        if (task >= pool_.threads()) {  // the last tasks are taken first
            const MultiplyArguments& likely = shared[static_cast<std::size_t>(task - pool_.threads())];
            arguments.next_stride = std::int64_t{likely.matrix->words} * panel_outputs;
            arguments.next = likely.matrix->panels + likely.panel_first * arguments.next_stride;
        }
        run(arguments);
    });
}

}  // namespace heddle::engine
