// engine/cpu/packed_weight.cpp: Lays weights out once, so that the kernels read them from front to back.
#include "engine/cpu/packed_weight.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/error.h"
#include "engine/ops/numbers.h"

namespace heddle::engine {

namespace {

PanelType panel_type_of(DType type) {
    return type == DType::f32 ? PanelType::f32 : type == DType::bf16 ? PanelType::bf16 : PanelType::e4m3;
}

std::int64_t panels_for(std::int64_t outputs) {
    return (outputs + panel_outputs - 1) / panel_outputs;
}

template <PanelType type>
struct ElementOf;
template <>
struct ElementOf<PanelType::f32> {
    using type = std::uint32_t;
};
template <>
struct ElementOf<PanelType::bf16> {
    using type = std::uint16_t;
};
template <>
struct ElementOf<PanelType::e4m3> {
    using type = std::uint8_t;
};

// The bits of `count` inputs of one output, from input k on, in the order that PanelMatrix gives them.
template <PanelType type>
std::uint32_t word_of(const WeightSource& source, std::int64_t n, std::int64_t k, std::int64_t count) {
    using Element = typename ElementOf<type>::type;
    constexpr int places[] = {0, type == PanelType::bf16 ? 1 : 2, 1, 3};
    const std::byte* data = source.data + source.first_row * source.columns * std::int64_t{sizeof(Element)};
    std::uint32_t word = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t index = source.transposed ? (k + i) * source.columns + n : n * source.columns + k + i;
        Element element = 0;
        std::memcpy(&element, data + index * std::int64_t{sizeof(Element)}, sizeof(Element));
        word |= static_cast<std::uint32_t>(element) << (8 * sizeof(Element)) * static_cast<unsigned>(places[i]);
    }
    return word;
}

template <PanelType type>
void pack_panel(const WeightSource& source, std::int64_t panel, const std::vector<int>& segment_ends,
                std::uint32_t* out) {
    constexpr std::int64_t group = inputs_of_word(type);
    const std::int64_t outputs = std::min<std::int64_t>(source.outputs() - panel * panel_outputs, panel_outputs);
    for (std::int64_t lane = 0; lane < outputs; ++lane) {
        const std::int64_t n = panel * panel_outputs + lane;
        std::uint32_t* word = out + lane;
        std::int64_t k = 0;
        for (const int end : segment_ends) {
            for (; k + group <= end; k += group, word += panel_outputs) *word = word_of<type>(source, n, k, group);
            if (k < end) {
                *word = word_of<type>(source, n, k, end - k);
                word += panel_outputs;
            }
            k = end;
            if (type != PanelType::e4m3) continue;
            *word = std::bit_cast<std::uint32_t>(block_scale(source, n, end - 1));
            word += panel_outputs;
        }
    }
}

int words_for(const std::vector<int>& segment_ends, PanelType type) {
    int words = 0, first = 0;
    for (const int end : segment_ends) {
        words += (end - first + inputs_of_word(type) - 1) / inputs_of_word(type) + (type == PanelType::e4m3 ? 1 : 0);
        first = end;
    }
    return words;
}

}  // namespace

WeightShelf::Place WeightShelf::take(std::size_t bytes) {
    constexpr std::size_t block_bytes = std::size_t{128} << 20;  // the kernel backs only what is used of it
    bytes = (bytes + 63) / 64 * 64;
    if (block_ == nullptr || used_ + bytes > block_->bytes()) {
        block_ = std::make_shared<const Buffer>(host_device(), std::max(bytes, block_bytes));
        used_ = 0;
    }
    used_ += bytes;
    return {block_, block_->data() + used_ - bytes};
}

PanelWeight::PanelWeight(const WeightSource& source, ThreadPool& pool, WeightShelf& shelf)
    : Weight(source.outputs(), source.inputs()) {
    const PanelType type = panel_type_of(source.type);
    find_segments(source);
    const int words = words_for(segment_ends_, type);
    const std::int64_t panels = panels_for(rows()), panel_words = std::int64_t{words} * panel_outputs;
    const WeightShelf::Place place = shelf.take(static_cast<std::size_t>(panels * panel_words) * 4);
    block_ = place.block;
    auto* const data = reinterpret_cast<std::uint32_t*>(place.data);
    pool.run(panels, [&](std::int64_t panel) {
        std::uint32_t* out = data + panel * panel_words;
        switch (type) {
            case PanelType::f32:
                return pack_panel<PanelType::f32>(source, panel, segment_ends_, out);
            case PanelType::bf16:
                return pack_panel<PanelType::bf16>(source, panel, segment_ends_, out);
            case PanelType::e4m3:
                return pack_panel<PanelType::e4m3>(source, panel, segment_ends_, out);
        }
    });
    matrix_ = {.type = type,
               .keeps_inputs = source.keeps_inputs,
               .panels = data,
               .segment_ends = segment_ends_.data(),
               .segments = static_cast<int>(segment_ends_.size()),
               .words = words,
               .inputs = static_cast<int>(columns()),
               .outputs = static_cast<int>(rows())};
}

// A part of a matrix, or one that is transposed, may begin in the middle of a block.
void PanelWeight::find_segments(const WeightSource& source) {
    if (source.scales != nullptr) {
        const int block = source.transposed ? source.block_rows : source.block_columns;
        const std::int64_t first = source.transposed ? source.first_row : 0;
        for (std::int64_t k = 1; k < columns(); ++k) {
            if ((first + k) % block == 0) segment_ends_.push_back(static_cast<int>(k));
        }
    }
    segment_ends_.push_back(static_cast<int>(columns()));
}

TableWeight::TableWeight(const WeightSource& source)
    : Weight(source.outputs(), source.inputs()),
      type_(source.type),
      rows_(host_device(), static_cast<std::size_t>(rows() * columns()) * size_of(source.type)) {
    ENGINE_CHECK(type_ != DType::f8_e4m3 && source.first_row == 0 && !source.transposed);
    std::memcpy(rows_.data(), source.data, rows_.bytes());
}

void TableWeight::read_row(std::int64_t row, float* out) const {
    const std::byte* from = rows_.data() + row * columns() * static_cast<std::int64_t>(size_of(type_));
    if (type_ == DType::f32) {
        std::memcpy(out, from, static_cast<std::size_t>(columns()) * 4);
        return;
    }
    for (std::int64_t i = 0; i < columns(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, from + i * 2, 2);
        out[i] = bf16_to_float(bits);
    }
}

VectorWeight::VectorWeight(const WeightSource& source) : Weight(source.outputs(), source.inputs()) {
    for (std::int64_t i = 0; i < columns(); ++i) values_.push_back(widen(source, 0, i));
}

}  // namespace heddle::engine
