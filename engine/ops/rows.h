// engine/ops/rows.h: A view of a matrix of activations, in the element type of the back end that owns it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/error.h"

namespace heddle::engine {

// Elements are double on `reference` and float on `cpu`; only the back end looks at them.
struct Rows {
    std::byte* data = nullptr;
    std::int64_t rows = 0, columns = 0;
    std::int64_t stride = 0;  // elements from one row to the next
    int element_bytes = 0;

    Rows first_rows(std::int64_t count) const { return slice_rows(0, count); }
    Rows slice_rows(std::int64_t first, std::int64_t count) const {
        ENGINE_CHECK(first >= 0 && count >= 0 && first + count <= rows);
        return {data + first * stride * element_bytes, count, columns, stride, element_bytes};
    }
    Rows slice_columns(std::int64_t first, std::int64_t count) const {
        ENGINE_CHECK(first >= 0 && count >= 0 && first + count <= columns);
        return {data + first * element_bytes, rows, count, stride, element_bytes};
    }
    template <class Element>
    Element* row(std::int64_t index) const {
        return reinterpret_cast<Element*>(data) + index * stride;
    }
};

}  // namespace heddle::engine
