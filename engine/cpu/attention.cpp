// engine/cpu/attention.cpp: Finds the rows of a part tile by tile, widens them, and hands them to the kernels.
#include "engine/cpu/attention.h"

#include <array>

namespace heddle::engine {

namespace {

constexpr int part_rows_min = 256;
constexpr int parts_max = 16;

// A thread's own, aligned as vectors like it; it keeps it.
float* room_for(std::int64_t floats) {
    thread_local Buffer room;
    const auto bytes = static_cast<std::size_t>(floats) * sizeof(float);
    if (room.bytes() < bytes) room = Buffer(host_device(), bytes);
    return reinterpret_cast<float*>(room.data());
}

}  // namespace

std::int64_t part_rows(std::int64_t count) {
    const std::int64_t even = (count + parts_max - 1) / parts_max;
    return std::max<std::int64_t>((even + tile_rows - 1) / tile_rows * tile_rows, part_rows_min);
}

Selection selection_of(const AttendParams& params, std::int64_t row) {
    const Sequence& sequence = sequence_of(params.sequences, row);
    const std::int64_t all = position_of(sequence, row) + 1;
    if (params.selected == nullptr || params.counts[row] == all) return {&sequence, nullptr, all};
    return {&sequence, params.selected + row * params.top_k, params.counts[row]};
}

Attention::Attention(const AttendParams& params, const SparseKernels& kernels, const RowFormat& format)
    : params_(params),
      kernels_(kernels),
      format_(format),
      sums_{params.heads, (params.kv_lora + 15) / 16 * 16},
      tile_floats_(std::int64_t{tile_rows + room_heads} * format.width()),
      row_bytes_(format.width() * (kernels.tile_type == CacheRows::f32 ? 4 : 2)),
      is_direct_(format.type == kernels.tile_type) {}

void Attention::attend_part(const Piece& part, int rows, const Piece* then, float* sums, float* tile) const {
    const std::int64_t row = part.row - rows + 1;
    std::array<const std::byte*, tile_rows> here, next;
    auto* const room = reinterpret_cast<std::byte*>(tile);
    std::byte* const in_tile = room + room_heads * row_bytes_;
    int next_count = find(part, part.first, next.data());
    for (std::int64_t at = part.first; at < part.last; at += tile_rows) {
        here.swap(next);
        const int count = next_count;
        if (at + tile_rows < part.last) {
            next_count = find(part, at + tile_rows, next.data());
        } else {
            next_count = then == nullptr ? 0 : find(*then, then->first, next.data());
        }
        std::array<const void*, tile_rows> wide;
        for (int j = 0; j < count; ++j) {
            const auto index = static_cast<std::size_t>(j);
            wide[index] = is_direct_ ? here[index] : in_tile + std::int64_t{j} * row_bytes_;
        }
        if (!is_direct_) kernels_.widen_rows(format_, here.data(), count, in_tile);
        for (int i = 0; i < rows; ++i) {
            const std::int64_t end = rows == 1 ? part.last : selection_of(params_, row + i).count;
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
                                  .is_first = at == part.first,
                                  .out = own,
                                  .highest = sums_.highest(own),
                                  .total = sums_.total(own),
                                  .room = room});
        }
    }
}

void Attention::attend_part(const Piece& part, int rows, const Piece* then, float* sums) const {
    attend_part(part, rows, then, sums, room_for(tile_floats_));
}

void Attention::attend_group(std::int64_t row, int rows) const {
    const std::int64_t count = selection_of(params_, row + rows - 1).count;
    const std::int64_t step = part_rows(count);
    const std::int64_t floats = rows * sums_.floats();
    float* const tile = room_for(tile_floats_ + 2 * floats);
    float* const whole = tile + tile_floats_;
    const auto piece_at = [&](std::int64_t first) {
        return Piece{row + rows - 1, first, std::min(first + step, count)};
    };
    for (std::int64_t first = 0; first < count; first += step) {
        float* const part = first == 0 ? whole : whole + floats;
        const Piece then = piece_at(first + step);
        attend_part(piece_at(first), rows, first + step < count ? &then : nullptr, part, tile);
        for (int i = 0; first > 0 && i < rows; ++i) {
            if (selection_of(params_, row + i).count <= first) continue;
            kernels_.merge(sums_.both(whole + i * sums_.floats(), part + i * sums_.floats()));
        }
    }
    for (int i = 0; i < rows; ++i) finish(row + i, whole + i * sums_.floats());
}

void Attention::prefetch(const Piece& piece) const {
    std::array<const std::byte*, tile_rows> rows;
    const int count = find(piece, piece.first, rows.data());
    for (int j = 0; j < count; ++j) {
        const std::byte* const row = rows[static_cast<std::size_t>(j)];
        for (std::size_t line = 0; line < format_.bytes(); line += 64) __builtin_prefetch(row + line);
    }
}

void Attention::merge_parts(std::int64_t row, std::int64_t parts, float* sums) const {
    for (std::int64_t p = 1; p < parts; ++p) kernels_.merge(sums_.both(sums, sums + p * sums_.floats()));
    finish(row, sums);
}

int Attention::find(const Piece& piece, std::int64_t first, const std::byte** rows) const {
    const Selection selection = selection_of(params_, piece.row);
    const int count = static_cast<int>(std::min<std::int64_t>(tile_rows, piece.last - first));
    for (int j = 0; j < count; ++j) {
        const std::int64_t position = selection.positions == nullptr ? first + j : selection.positions[first + j];
        rows[j] = selection.sequence->cache.latent(params_.layer, position);
    }
    return count;
}

void Attention::finish(std::int64_t row, float* sums) const {
    kernels_.finish(sums_.both(sums, sums), params_.out.row<float>(row), params_.row_width);
}

}  // namespace heddle::engine
