// engine/io/safetensors.h: The header of a safetensors file, held against the file that it describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/file.h"
#include "engine/tensor/tensor.h"

namespace heddle::engine {

struct StoredTensor {
    std::string name;
    std::string dtype;         // as the format spells it; more types than DType has
    Shape shape;               // of any rank up to Shape::rank_max; sizes may be 0
    std::uint64_t offset = 0;  // of its first byte in the file
    std::uint64_t bytes = 0;   // agrees with dtype and shape
};

// Throws Error unless every entry is whole: known type, shape and offsets that agree, no name twice, and tensors that
// fill the data exactly, without gap or overlap. `data_offset` is where data begins, `data_bytes` how much there is.
std::vector<StoredTensor> parse_safetensors_header(std::string_view header, std::uint64_t data_offset,
                                                   std::uint64_t data_bytes, const std::string& place);

std::vector<StoredTensor> read_safetensors_header(const File& file);

}  // namespace heddle::engine
