// engine/transformer/placement.h: Finds tensors by name, checks them, and gives each a place in one block of memory.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "engine/io/tensor_files.h"
#include "engine/tensor/tensor.h"
#include "engine/transformer/model_config.h"
#include "engine/transformer/weights.h"

namespace heddle::engine {

// Run once without memory it checks and counts; run again over memory of bytes() it makes the views.
class Placement {
 public:
    struct Item {
        const TensorFiles::Entry* entry = nullptr;
        DType dtype = DType::f32;
        std::uint64_t offset = 0;  // in the block of memory
        bool scale = false;
    };

    Placement(const TensorFiles& files, const ModelConfig& config, std::byte* memory = nullptr)
        : files_(files), config_(config), memory_(memory) {}

    // All throw Error when the tensor is missing or has another type or shape.
    TensorView tensor(const std::string& name, const Shape& shape);                               // never quantised
    LinearView plain_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs);  // never quantised
    LinearView linear(const std::string& name, std::int64_t outputs, std::int64_t inputs);
    MlpView mlp(const std::string& name, std::int64_t inner);

    std::uint64_t bytes() const { return bytes_; }
    const std::vector<Item>& items() const { return items_; }

 private:
    TensorView take(const std::string& name, const Shape& shape, std::initializer_list<DType> accepted, bool scale);

    const TensorFiles& files_;
    const ModelConfig& config_;
    std::byte* memory_;
    std::uint64_t bytes_ = 0;
    std::vector<Item> items_;
};

// Reads every item to its place, in the order of the files, and tells `read` of each. Throws Error when a file has
// ended, and for a value that is not finite: weights have none, so the file is damaged.
void read_items(const std::vector<Placement::Item>& items, std::span<std::byte> memory, const OnRead& read);

}  // namespace heddle::engine
