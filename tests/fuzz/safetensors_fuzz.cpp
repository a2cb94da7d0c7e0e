// tests/fuzz/safetensors_fuzz.cpp: Any bytes as the header of a safetensors file: entries that hold, or one Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/error.h"
#include "engine/io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace engine = heddle::engine;
    const std::string_view header(reinterpret_cast<const char*>(data), size);
    constexpr std::uint64_t data_offset = 8, data_bytes = 24;  // what the seeds describe
    try {
        for (const auto& tensor : engine::parse_safetensors_header(header, data_offset, data_bytes, "fuzzed")) {
            ENGINE_CHECK(tensor.offset >= data_offset);
            ENGINE_CHECK(tensor.bytes <= data_bytes && tensor.offset + tensor.bytes <= data_offset + data_bytes);
            ENGINE_CHECK(tensor.shape.elements() >= 0);
        }
    } catch (const engine::Error&) {
    }
    return 0;
}
