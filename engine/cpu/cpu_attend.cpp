// engine/cpu/cpu_attend.cpp: Shares attention out: groups of rows where there are many, parts of their selections else.
#include <algorithm>
#include <vector>

#include "engine/cpu/attention.h"
#include "engine/cpu/cpu_ops.h"

namespace heddle::engine {

namespace {

constexpr std::int64_t partial_bytes_max = 8 << 20;  // of parts that wait to be merged

struct Group {
    std::int64_t row;
    int rows;
};

// Neighbours that attend to everything before them, in parts of one size, go together.
void find_groups(const AttendParams& params, std::vector<Group>& groups) {
    groups.clear();
    for (std::int64_t row = 0; row < params.q.rows; ++row) {
        const Selection here = selection_of(params, row);
        if (!groups.empty() && here.positions == nullptr && groups.back().rows < group_max) {
            const Selection before = selection_of(params, row - 1);
            if (before.sequence == here.sequence && before.positions == nullptr &&
                part_rows(before.count) == part_rows(here.count)) {
                ++groups.back().rows;
                continue;
            }
        }
        groups.push_back({row, 1});
    }
}

struct Part {
    Piece piece;
    float* sums;
};

// Few rows: their parts are what is shared out, some rows at a time so that the parts' sums stay within bounds.
void attend_by_parts(const AttendParams& params, const Attention& attention, ThreadPool& pool) {
    const std::int64_t floats = attention.sums().floats();
    thread_local Buffer memory;
    thread_local std::vector<Part> parts;
    for (std::int64_t row = 0; row < params.q.rows;) {
        parts.clear();
        const std::int64_t first_row = row;
        for (std::int64_t used = 0; row < params.q.rows; ++row) {
            const std::int64_t count = selection_of(params, row).count;
            used += parts_of(count) * floats * std::int64_t{sizeof(float)};
            if (row > first_row && used > partial_bytes_max) break;
            for (std::int64_t first = 0; first < count; first += part_rows(count)) {
                parts.push_back({{row, first, std::min(first + part_rows(count), count)}, nullptr});
            }
        }
        const std::size_t bytes = parts.size() * static_cast<std::size_t>(floats) * sizeof(float);
        if (memory.bytes() < bytes) memory = Buffer(host_device(), bytes);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            parts[i].sums = reinterpret_cast<float*>(memory.data()) + static_cast<std::int64_t>(i) * floats;
        }
        const std::vector<Part>& shared = parts;  // the workers have `parts` of their own
        pool.run(std::ssize(shared), [&](std::int64_t task) {
            const Part& part = shared[static_cast<std::size_t>(task)];
            const std::int64_t likely = task - pool.threads();  // for this thread: the last tasks are taken first
            const Piece* const then = likely >= 0 ? &shared[static_cast<std::size_t>(likely)].piece : nullptr;
            if (task >= std::ssize(shared) - pool.threads()) attention.prefetch(part.piece);
            attention.attend_part(part.piece, 1, then, part.sums);
        });
        for (std::size_t i = 0; i < parts.size();) {
            std::size_t end = i;
            while (end < parts.size() && parts[end].piece.row == parts[i].piece.row) ++end;
            attention.merge_parts(parts[i].piece.row, static_cast<std::int64_t>(end - i), parts[i].sums);
            i = end;
        }
    }
}

}  // namespace

void CpuOps::attend(const AttendParams& params) {
    const RowFormat format{rows_, params.kv_lora, params.rope};
    ENGINE_CHECK(format.width() == params.row_width);
    const Attention attention(params, *kernels_.sparse, format);
    constexpr std::int64_t groups_per_thread = 3;
    thread_local std::vector<Group> groups;
    find_groups(params, groups);
    const std::vector<Group>& shared = groups;
    if (std::ssize(shared) < groups_per_thread * pool_.threads()) return attend_by_parts(params, attention, pool_);
    pool_.run(std::ssize(shared), [&](std::int64_t task) {
        const Group& group = shared[static_cast<std::size_t>(task)];
        attention.attend_group(group.row, group.rows);
    });
}

}  // namespace heddle::engine
