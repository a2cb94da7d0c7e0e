// engine/cpu/cpu_attend.cpp: Cuts selections into parts and tiles, finds their rows, and shares them out.
#include <algorithm>
#include <array>
#include <vector>

#include "engine/cpu/cpu_ops.h"

// A selection is cut into parts by its length alone, and a part into tiles of 64 rows by their place in it. Parts are
// summed up each by itself and merged in order, be it one thread that does all or many: the same bits. Where many rows
// are at work each is one thread's; neighbours that attend to everything share what was widened.
namespace heddle::engine {

namespace {

constexpr int part_rows_min = 256;
constexpr int parts_max = 16;
constexpr int group_max = 4;                         // rows that share a widened tile: their sums stay in L2 with it
constexpr std::int64_t partial_bytes_max = 8 << 20;  // of parts that wait to be merged

std::int64_t part_rows(std::int64_t count) {
    const std::int64_t even = (count + parts_max - 1) / parts_max;
    return std::max<std::int64_t>((even + tile_rows - 1) / tile_rows * tile_rows, part_rows_min);
}

std::int64_t parts_of(std::int64_t count) {
    return (count + part_rows(count) - 1) / part_rows(count);
}

// Floats that a row's or a part's unfinished sums take.
struct Sums {
    int heads, out_width;

    std::int64_t floats() const { return (std::int64_t{heads} * (out_width + 2) + 15) / 16 * 16; }
    float* highest(float* at) const { return at + std::int64_t{heads} * out_width; }
    float* total(float* at) const { return highest(at) + heads; }
    MergeArguments both(float* at, float* part) const {
        return {heads, out_width, at, highest(at), total(at), part, highest(part), total(part)};
    }
};

// A thread's own, aligned as vectors like it; it keeps it.
float* room_for(std::int64_t floats) {
    thread_local Buffer room;
    const auto bytes = static_cast<std::size_t>(floats) * sizeof(float);
    if (room.bytes() < bytes) room = Buffer(host_device(), bytes);
    return reinterpret_cast<float*>(room.data());
}

// What one row attends to.
struct Selection {
    const Sequence* sequence;
    const int* positions;  // none: every position from 0 on
    std::int64_t count;
};

Selection selection_of(const AttendParams& params, std::int64_t row) {
    const Sequence& sequence = sequence_of(params.sequences, row);
    const std::int64_t all = position_of(sequence, row) + 1;
    if (params.selected == nullptr || params.counts[row] == all) return {&sequence, nullptr, all};
    return {&sequence, params.selected + row * params.top_k, params.counts[row]};
}

// One pass of attention: what all its tasks share.
class Attention {
 public:
    Attention(const AttendParams& params, const SparseKernels& kernels, const RowFormat& format)
        : params_(params),
          kernels_(kernels),
          format_(format),
          sums_{params.heads, (params.kv_lora + 15) / 16 * 16},
          tile_floats_(std::int64_t{tile_rows + room_heads} * format.width()),
          row_bytes_(format.width() * (kernels.tile_type == CacheRows::f32 ? 4 : 2)),
          is_direct_(format.type == kernels.tile_type) {}

    const Sums& sums() const { return sums_; }

    // Places [first, last) of the selections of rows [row, row + rows), which differ in nothing but their ends: row i's
    // sums to sums + i * floats.
    void attend_part(std::int64_t row, int rows, std::int64_t first, std::int64_t last, float* sums,
                     float* tile) const {
        const Selection longest = selection_of(params_, row + rows - 1);
        std::array<const std::byte*, tile_rows> here, next;
        auto* const room = reinterpret_cast<std::byte*>(tile);
        std::byte* const in_tile = room + room_heads * row_bytes_;
        int next_count = find(longest, first, last, next.data());
        for (std::int64_t at = first; at < last; at += tile_rows) {
            here.swap(next);
            const int count = next_count;
            next_count = at + tile_rows < last ? find(longest, at + tile_rows, last, next.data()) : 0;
            std::array<const void*, tile_rows> wide;
            for (int j = 0; j < count; ++j) {
                const auto index = static_cast<std::size_t>(j);
                wide[index] = is_direct_ ? here[index] : in_tile + std::int64_t{j} * row_bytes_;
            }
            if (!is_direct_) kernels_.widen_rows(format_, here.data(), count, in_tile);
            for (int i = 0; i < rows; ++i) {
                const std::int64_t end = rows == 1 ? last : selection_of(params_, row + i).count;
                if (end <= at) continue;
                float* const own = sums + i * sums_.floats();
                kernels_.attend_tile({.q = params_.q.row<float>(row + i),
                                      .q_stride = params_.row_width,
                                      .rows = wide.data(),
                                      .count = static_cast<int>(std::min<std::int64_t>(count, end - at)),
                                      .next = next.data(),
                                      .next_count = i == 0 ? next_count : 0,
                                      .next_bytes = format_.bytes(),
                                      .heads = params_.heads,
                                      .width = format_.width(),
                                      .out_width = sums_.out_width,
                                      .scale = static_cast<float>(params_.scale),
                                      .is_first = at == first,
                                      .out = own,
                                      .highest = sums_.highest(own),
                                      .total = sums_.total(own),
                                      .room = room});
            }
        }
    }

    // All parts of a group of rows, one after the other.
    void attend_group(std::int64_t row, int rows) const {
        const std::int64_t count = selection_of(params_, row + rows - 1).count;
        const std::int64_t step = part_rows(count);
        const std::int64_t floats = rows * sums_.floats();
        float* const tile = room_for(tile_floats_ + 2 * floats);
        float* const whole = tile + tile_floats_;
        for (std::int64_t first = 0; first < count; first += step) {
            float* const part = first == 0 ? whole : whole + floats;
            attend_part(row, rows, first, std::min(first + step, count), part, tile);
            for (int i = 0; first > 0 && i < rows; ++i) {
                if (selection_of(params_, row + i).count <= first) continue;
                kernels_.merge(sums_.both(whole + i * sums_.floats(), part + i * sums_.floats()));
            }
        }
        for (int i = 0; i < rows; ++i) finish(row + i, whole + i * sums_.floats());
    }

    float* tile_room() const { return room_for(tile_floats_); }

    void merge_parts(std::int64_t row, std::int64_t parts, float* sums) const {
        for (std::int64_t p = 1; p < parts; ++p) kernels_.merge(sums_.both(sums, sums + p * sums_.floats()));
        finish(row, sums);
    }

 private:
    // Where places [first, first + 64) of the selection lie, up to `last`.
    int find(const Selection& selection, std::int64_t first, std::int64_t last, const std::byte** rows) const {
        const int count = static_cast<int>(std::min<std::int64_t>(tile_rows, last - first));
        for (int j = 0; j < count; ++j) {
            const std::int64_t position = selection.positions == nullptr ? first + j : selection.positions[first + j];
            rows[j] = selection.sequence->cache.latent(params_.layer, position);
        }
        return count;
    }
    void finish(std::int64_t row, float* sums) const {
        kernels_.finish(sums_.both(sums, sums), params_.out.row<float>(row), params_.row_width);
    }

    const AttendParams& params_;
    const SparseKernels& kernels_;
    const RowFormat& format_;
    Sums sums_;
    std::int64_t tile_floats_;  // of a widened tile, and of the kernel's room before it
    std::int64_t row_bytes_;    // once widened
    bool is_direct_;            // the cache's rows are what the kernel takes
};

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
    std::int64_t row, first, last;
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
                parts.push_back({row, first, std::min(first + part_rows(count), count), nullptr});
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
            attention.attend_part(part.row, 1, part.first, part.last, part.sums, attention.tile_room());
        });
        for (std::size_t i = 0; i < parts.size();) {
            std::size_t end = i;
            while (end < parts.size() && parts[end].row == parts[i].row) ++end;
            attention.merge_parts(parts[i].row, static_cast<std::int64_t>(end - i), parts[i].sums);
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
