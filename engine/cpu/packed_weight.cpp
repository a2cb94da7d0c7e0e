// engine/cpu/packed_weight.cpp: Lays weights out once, so that the kernels read them from front to back.
#include "engine/cpu/packed_weight.h"

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

// Copies one panel's elements as they are; `Element` only says how wide they are.
template <class Element>
void pack_panel(const WeightSource& source, std::int64_t panel, Element* out) {
    const std::byte* data = source.data + source.first_row * source.columns * std::int64_t{sizeof(Element)};
    for (std::int64_t k = 0; k < source.inputs(); ++k) {
        for (std::int64_t lane = 0; lane < panel_outputs; ++lane, ++out) {
            const std::int64_t n = panel * panel_outputs + lane;
            if (n >= source.outputs()) continue;  // memory came zeroed
            const std::int64_t index = source.transposed ? k * source.columns + n : n * source.columns + k;
            std::memcpy(out, data + index * std::int64_t{sizeof(Element)}, sizeof(Element));
        }
    }
}

}  // namespace

PanelWeight::PanelWeight(const WeightSource& source, ThreadPool& pool) : Weight(source.outputs(), source.inputs()) {
    const auto element = static_cast<std::int64_t>(size_of(source.type));
    const std::int64_t panel_bytes = columns() * panel_outputs * element;
    panels_ = Buffer(host_device(), static_cast<std::size_t>(panels_for(rows()) * panel_bytes));
    pool.run(panels_for(rows()), [&](std::int64_t panel) {
        std::byte* out = panels_.data() + panel * panel_bytes;
        switch (source.type) {
            case DType::f32:
                return pack_panel(source, panel, reinterpret_cast<std::uint32_t*>(out));
            case DType::bf16:
                return pack_panel(source, panel, reinterpret_cast<std::uint16_t*>(out));
            case DType::f8_e4m3:
                return pack_panel(source, panel, reinterpret_cast<std::uint8_t*>(out));
        }
    });
    find_segments(source);
    if (source.type == DType::f8_e4m3) pack_scales(source);
    matrix_ = {.type = panel_type_of(source.type),
               .panels = panels_.data(),
               .scales = scales_.empty() ? nullptr : scales_.data(),
               .segment_ends = segment_ends_.data(),
               .segments = static_cast<int>(segment_ends_.size()),
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

// Times 256, which the kernels' way of widening e4m3 leaves out.
void PanelWeight::pack_scales(const WeightSource& source) {
    const std::int64_t width = panels_for(rows()) * panel_outputs;
    scales_.resize(segment_ends_.size() * static_cast<std::size_t>(width));
    for (std::size_t segment = 0; segment < segment_ends_.size(); ++segment) {
        for (std::int64_t n = 0; n < rows(); ++n) {
            scales_[segment * static_cast<std::size_t>(width) + static_cast<std::size_t>(n)] =
                256 * block_scale(source, n, segment_ends_[segment] - 1);
        }
    }
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
