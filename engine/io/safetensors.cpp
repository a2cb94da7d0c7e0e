// engine/io/safetensors.cpp: Eight bytes of length, a JSON object, then the data; every number in it is suspect.
#include "engine/io/safetensors.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <span>

#include "engine/error.h"

namespace heddle::engine {

namespace {

constexpr std::uint64_t header_bytes_max = 100'000'000;  // the format's own limit

// Zero for a type that the format does not have, or has in parts of bytes.
std::uint64_t element_bytes(const std::string& dtype) {
    static constexpr std::array<std::pair<std::string_view, int>, 16> types{{{"BOOL", 1},
                                                                             {"U8", 1},
                                                                             {"I8", 1},
                                                                             {"F8_E4M3", 1},
                                                                             {"F8_E5M2", 1},
                                                                             {"F8_E8M0", 1},
                                                                             {"U16", 2},
                                                                             {"I16", 2},
                                                                             {"F16", 2},
                                                                             {"BF16", 2},
                                                                             {"U32", 4},
                                                                             {"I32", 4},
                                                                             {"F32", 4},
                                                                             {"U64", 8},
                                                                             {"I64", 8},
                                                                             {"F64", 8}}};
    for (const auto& [name, bytes] : types) {
        if (name == dtype) return static_cast<std::uint64_t>(bytes);
    }
    return 0;
}

class EntryReader {
 public:
    EntryReader(const std::string& place, const std::string& name, const nlohmann::json& entry)
        : place_(place), name_(name), entry_(entry) {
        if (!entry.is_object()) refuse("is not an object");
    }

    StoredTensor read(std::uint64_t data_offset, std::uint64_t data_bytes) const {
        StoredTensor tensor;
        tensor.name = name_;
        const auto dtype = entry_.find("dtype");
        if (dtype == entry_.end() || !dtype->is_string()) refuse("has no \"dtype\"");
        tensor.dtype = dtype->get<std::string>();
        const std::uint64_t element = element_bytes(tensor.dtype);
        if (element == 0) refuse(fmt::format("has the unknown type {}", in_quotes(tensor.dtype)));
        const auto sizes = numbers("shape");
        if (sizes.size() > Shape::rank_max) refuse(fmt::format("has {} dimensions", sizes.size()));
        std::uint64_t needed = element;
        std::vector<std::int64_t> shape;
        for (const std::uint64_t size : sizes) {
            // Of an empty tensor the other sizes are bounded too: their product must fit whoever multiplies it.
            if (size > std::numeric_limits<std::int32_t>::max() ||
                __builtin_mul_overflow(needed, std::max<std::uint64_t>(size, 1), &needed))
                refuse("has a shape beyond all bounds");
            shape.push_back(static_cast<std::int64_t>(size));
        }
        if (std::find(sizes.begin(), sizes.end(), 0u) != sizes.end()) needed = 0;
        tensor.shape = Shape(std::span<const std::int64_t>(shape));
        const auto offsets = numbers("data_offsets");
        if (offsets.size() != 2 || offsets[0] > offsets[1]) refuse("has no ordered pair of \"data_offsets\"");
        tensor.bytes = offsets[1] - offsets[0];
        if (tensor.bytes != needed)
            refuse(fmt::format("has {} bytes, but {} {} takes {}", tensor.bytes, tensor.dtype, text_of(tensor.shape),
                               needed));
        if (offsets[1] > data_bytes)
            throw Error(fmt::format("cannot load {}: the file ends at byte {}, tensor {} needs {}; fetch it again",
                                    place_, data_offset + data_bytes, in_quotes(name_),
                                    end_of(data_offset, offsets[1])));
        tensor.offset = data_offset + offsets[0];
        return tensor;
    }

 private:
    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(fmt::format("cannot load {}: tensor {} {}", place_, in_quotes(name_), what));
    }

    std::vector<std::uint64_t> numbers(const char* key) const {
        const auto list = entry_.find(key);
        if (list == entry_.end() || !list->is_array()) refuse(fmt::format("has no \"{}\"", key));
        std::vector<std::uint64_t> values;
        for (const auto& value : *list) {
            if (!value.is_number_unsigned()) refuse(fmt::format("has no whole numbers in \"{}\"", key));
            values.push_back(value.get<std::uint64_t>());
        }
        return values;
    }

    static std::string end_of(std::uint64_t data_offset, std::uint64_t end) {
        std::uint64_t sum = 0;
        return __builtin_add_overflow(data_offset, end, &sum) ? "more than there can be" : std::to_string(sum);
    }

    const std::string& place_;
    const std::string& name_;
    const nlohmann::json& entry_;
};

// The format allows neither gaps nor overlaps: either means that offsets and data come from different files.
void check_cover(std::vector<StoredTensor>& tensors, std::uint64_t data_offset, std::uint64_t data_bytes,
                 const std::string& place) {
    std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
        return a.offset != b.offset ? a.offset < b.offset : a.bytes < b.bytes;
    });
    std::uint64_t end = data_offset;
    for (const auto& tensor : tensors) {
        if (tensor.offset != end)
            throw Error(fmt::format(
                "cannot load {}: tensor {} begins at byte {}, {} the one before it, which ends at {}", place,
                in_quotes(tensor.name), tensor.offset, tensor.offset < end ? "inside" : "behind a gap after", end));
        end += tensor.bytes;
    }
    if (end != data_offset + data_bytes)
        throw Error(fmt::format("cannot load {}: its tensors end at byte {}, the file at {}", place, end,
                                data_offset + data_bytes));
}

}  // namespace

std::vector<StoredTensor> parse_safetensors_header(std::string_view header, std::uint64_t data_offset,
                                                   std::uint64_t data_bytes, const std::string& place) {
    const auto json = parse_json_object(header, place);
    std::vector<StoredTensor> tensors;
    for (const auto& [name, entry] : json.items()) {
        if (name == "__metadata__") continue;  // free text of whoever wrote the file
        tensors.push_back(EntryReader(place, name, entry).read(data_offset, data_bytes));
    }
    check_cover(tensors, data_offset, data_bytes, place);
    return tensors;
}

std::vector<StoredTensor> read_safetensors_header(const File& file) {
    static_assert(std::endian::native == std::endian::little, "weights are used as they lie in the file");
    std::array<std::byte, 8> length_bytes{};
    file.read_at(0, length_bytes, "the header's length");
    std::uint64_t length = 0;
    std::memcpy(&length, length_bytes.data(), sizeof(length));
    if (length > header_bytes_max)
        throw Error(fmt::format("cannot load {}: its header claims {} bytes, more than the {} that the format allows",
                                file.path().string(), length, header_bytes_max));
    const std::uint64_t data_offset = sizeof(length) + length;
    if (data_offset > file.size())
        throw Error(fmt::format("cannot load {}: the file ends at byte {}, its header needs {}; fetch it again",
                                file.path().string(), file.size(), data_offset));
    std::string header(length, '\0');
    file.read_at(sizeof(length), std::as_writable_bytes(std::span(header)), "the header");
    return parse_safetensors_header(header, data_offset, file.size() - data_offset, file.path().string());
}

}  // namespace heddle::engine
