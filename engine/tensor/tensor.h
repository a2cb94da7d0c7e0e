// engine/tensor/tensor.h: A tensor that somebody else owns: element type, shape, and its bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "engine/error.h"

namespace heddle::engine {

enum class DType { f32, bf16, f8_e4m3 };

constexpr std::size_t size_of(DType dtype) {
    return dtype == DType::f32 ? 4 : dtype == DType::bf16 ? 2 : 1;
}
const char* name_of(DType dtype);  // as safetensors spells it: "F32", "BF16", "F8_E4M3"

// Row-major sizes, slowest dimension first; at most four, each positive once it describes a stored tensor.
class Shape {
 public:
    static constexpr int rank_max = 4;

    Shape() = default;
    Shape(std::initializer_list<std::int64_t> sizes);
    explicit Shape(std::span<const std::int64_t> sizes);

    int rank() const { return rank_; }
    std::int64_t operator[](int dimension) const { return sizes_[static_cast<std::size_t>(dimension)]; }
    std::int64_t elements()
        const;  // the product; 1 for rank 0; the product must fit, which whoever reads a file checks
    bool operator==(const Shape&) const = default;

 private:
    std::array<std::int64_t, rank_max> sizes_{};
    int rank_ = 0;
};

std::string text_of(const Shape& shape);  // "[576, 7168]"

// The bytes are little-endian, dense, aligned to 64 and outlive the view; empty when the model has no such tensor.
struct TensorView {
    DType dtype = DType::f32;
    Shape shape;
    std::span<const std::byte> bytes;

    bool empty() const { return bytes.empty(); }

    // The elements of a tensor whose type T has the size of the dtype: float, std::uint16_t (bf16), std::uint8_t.
    template <typename T>
    std::span<const T> as() const {
        ENGINE_CHECK(sizeof(T) == size_of(dtype));
        return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
    }
};

}  // namespace heddle::engine
