// engine/transformer/placement.cpp: Holds stored tensors against what the model needs, and reads them.
#include "engine/transformer/placement.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "engine/error.h"

namespace heddle::engine {

namespace {

constexpr std::uint64_t alignment = 64;  // a cache line, and what the widest vector loads like

std::optional<DType> dtype_named(const std::string& name) {
    for (const DType dtype : {DType::f32, DType::bf16, DType::f8_e4m3}) {
        if (name == name_of(dtype)) return dtype;
    }
    return std::nullopt;
}

template <typename T>
bool any_with_bits(std::span<const std::byte> bytes, T mask) {
    const auto* values = reinterpret_cast<const T*>(bytes.data());
    bool found = false;  // no early exit: so that the loop becomes vector code
    for (std::size_t i = 0; i < bytes.size() / sizeof(T); ++i) found |= (values[i] & mask) == mask;
    return found;
}

bool all_finite(DType dtype, std::span<const std::byte> bytes) {
    switch (dtype) {
        case DType::f32:
            return !any_with_bits<std::uint32_t>(bytes, 0x7f800000u);
        case DType::bf16:
            return !any_with_bits<std::uint16_t>(bytes, 0x7f80u);
        case DType::f8_e4m3:
            return !any_with_bits<std::uint8_t>(bytes, 0x7fu);
    }
    return false;
}

}  // namespace

TensorView Placement::take(const std::string& name, const Shape& shape, std::initializer_list<DType> accepted,
                           bool scale) {
    const auto* entry = files_.find(name);
    if (entry == nullptr) {
        throw Error(fmt::format("cannot load {}: tensor {} is missing; it should be {}", files_.folder().string(), name,
                                text_of(shape)));
    }
    const auto dtype = dtype_named(entry->tensor.dtype);
    if (!dtype || std::find(accepted.begin(), accepted.end(), *dtype) == accepted.end()) {
        std::string names;
        for (const DType one : accepted) names += (names.empty() ? "" : " or ") + std::string(name_of(one));
        throw Error(fmt::format("cannot load {}: tensor {} has type {}; it must be {}", entry->file->path().string(),
                                name, entry->tensor.dtype, names));
    }
    if (entry->tensor.shape != shape) {
        throw Error(fmt::format("cannot load {}: tensor {} has shape {}; config.json makes it {}",
                                entry->file->path().string(), name, text_of(entry->tensor.shape), text_of(shape)));
    }
    const std::uint64_t offset = bytes_;
    bytes_ += (entry->tensor.bytes + alignment - 1) / alignment * alignment;
    items_.push_back({entry, *dtype, offset, scale});
    const auto bytes = memory_ == nullptr ? std::span<const std::byte>{}
                                          : std::span<const std::byte>(memory_ + offset, entry->tensor.bytes);
    return {*dtype, shape, bytes};
}

TensorView Placement::tensor(const std::string& name, const Shape& shape) {
    return take(name, shape, {DType::f32, DType::bf16}, false);
}

LinearView Placement::plain_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    return {tensor(name + ".weight", {outputs, inputs}), {}, static_cast<int>(outputs), static_cast<int>(inputs)};
}

LinearView Placement::linear(const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    LinearView view;
    view.weight = take(name + ".weight", {outputs, inputs}, {DType::f32, DType::bf16, DType::f8_e4m3}, false);
    view.out = static_cast<int>(outputs);
    view.in = static_cast<int>(inputs);
    if (view.weight.dtype == DType::f8_e4m3) {
        const auto blocks = [](std::int64_t size, std::int64_t block) { return (size + block - 1) / block; };
        const Shape grid{blocks(outputs, config_.block_rows), blocks(inputs, config_.block_columns)};
        view.scale_inv = take(name + ".weight_scale_inv", grid, {DType::f32}, true);
    }
    return view;
}

MlpView Placement::mlp(const std::string& name, std::int64_t inner) {
    return {linear(name + ".gate_proj", inner, config_.hidden), linear(name + ".up_proj", inner, config_.hidden),
            linear(name + ".down_proj", config_.hidden, inner)};
}

void read_items(const std::vector<Placement::Item>& items, std::span<std::byte> memory, const OnRead& read) {
    std::vector<const Placement::Item*> order;
    for (const auto& item : items) order.push_back(&item);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return std::pair(a->entry->file->path().native(), a->entry->tensor.offset) <
               std::pair(b->entry->file->path().native(), b->entry->tensor.offset);
    });
    for (const auto* item : order) {
        const auto& [tensor, file] = *item->entry;
        const auto into = memory.subspan(item->offset, tensor.bytes);
        file->read_at(tensor.offset, into, "tensor " + tensor.name);
        if (!all_finite(item->dtype, into)) {
            throw Error(fmt::format("cannot load {}: tensor {} holds a value that is not finite; the file is damaged",
                                    file->path().string(), tensor.name));
        }
        if (read) read(tensor.bytes, file->path().filename().string());
    }
}

}  // namespace heddle::engine
