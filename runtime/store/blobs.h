// runtime/store/blobs.h: Arrays of numbers as the store keeps them: little endian, nothing around them.
#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/store/database.h"

namespace heddle {

static_assert(std::endian::native == std::endian::little, "the store's arrays are little endian");

template <typename Number>
Blob blob_of(std::span<const Number> numbers) {
    return {reinterpret_cast<const unsigned char*>(numbers.data()), numbers.size_bytes()};
}

// Appends the numbers of `blob`, whose size the schema has checked.
template <typename Number>
void append_numbers(std::vector<Number>& to, Blob blob) {
    const std::size_t old = to.size();
    to.resize(old + blob.size() / sizeof(Number));
    if (!blob.empty()) std::memcpy(to.data() + old, blob.data(), blob.size() / sizeof(Number) * sizeof(Number));
}

}  // namespace heddle
