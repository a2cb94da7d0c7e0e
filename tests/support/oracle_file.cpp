// tests/support/oracle_file.cpp: Safetensors by the book of its format: a length, a JSON header, the bytes.
#include "tests/support/oracle_file.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace heddle::test {

namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("the oracle cannot open " + file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

template <class Stored, class Widen>
Vector widened(const char* data, std::size_t count, const Widen& widen) {
    Vector values;
    for (std::size_t i = 0; i < count; ++i) {
        Stored stored;
        std::memcpy(&stored, data + i * sizeof(Stored), sizeof(Stored));
        values.push_back(widen(stored));
    }
    return values;
}

Vector values_of(const std::string& dtype, const char* data, std::size_t count) {
    if (dtype == "F32") return widened<float>(data, count, [](float value) { return double(value); });
    if (dtype == "BF16") {
        return widened<std::uint16_t>(data, count, [](std::uint16_t bits) {
            const std::uint32_t wide = std::uint32_t{bits} << 16;
            float value;
            std::memcpy(&value, &wide, sizeof value);
            return double(value);
        });
    }
    if (dtype == "F8_E4M3") {
        return widened<std::uint8_t>(data, count, [](std::uint8_t bits) {
            const double size = float8_numbers().at(bits & 0x7f);
            return bits < 0x80 ? size : -size;
        });
    }
    throw std::runtime_error("the oracle does not know the type " + dtype);
}

}  // namespace

const Vector& float8_numbers() {
    static const Vector numbers = [] {
        Vector all;
        for (int bits = 0; bits < 0x7f; ++bits) {  // 0x7f is no number
            const int exponent = bits / 8, mantissa = bits % 8;
            all.push_back(exponent == 0 ? mantissa * std::pow(2.0, -9)
                                        : (1 + mantissa / 8.0) * std::pow(2.0, exponent - 7));
        }
        return all;
    }();
    return numbers;
}

Vector Matrix::times(const Vector& x) const {
    if (x.size() != columns) throw std::runtime_error("the oracle multiplies shapes that do not meet");
    Vector out(rows, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns; ++j) out[i] += values[i * columns + j] * x[j];
    }
    return out;
}

Vector Matrix::row(std::size_t index) const {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(index * columns);
    return {first, first + static_cast<std::ptrdiff_t>(columns)};
}

OracleFile::OracleFile(const std::filesystem::path& folder)
    : config_(nlohmann::json::parse(bytes_of(folder / "config.json"))) {
    const std::string bytes = bytes_of(folder / "model.safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    const auto header = nlohmann::json::parse(bytes.substr(sizeof length, length));
    for (const auto& [name, tensor] : header.items()) {
        if (name == "__metadata__") continue;
        Matrix matrix;
        const auto shape = tensor.at("shape").get<std::vector<std::size_t>>();
        matrix.rows = shape.at(0);
        matrix.columns = shape.size() == 2 ? shape[1] : 1;
        const auto offset = tensor.at("data_offsets").at(0).get<std::size_t>();
        matrix.values = values_of(tensor.at("dtype").get<std::string>(), bytes.data() + sizeof length + length + offset,
                                  matrix.rows * matrix.columns);
        tensors_.emplace(name, std::move(matrix));
    }
    multiply_by_scales();
}

void OracleFile::multiply_by_scales() {
    const std::string suffix = "_scale_inv";
    for (auto& [name, weight] : tensors_) {
        const auto scales = tensors_.find(name + suffix);
        if (scales == tensors_.end()) continue;
        const auto block = config_.at("quantization_config").at("weight_block_size").get<std::vector<std::size_t>>();
        for (std::size_t i = 0; i < weight.rows; ++i) {
            for (std::size_t j = 0; j < weight.columns; ++j) {
                weight.values[i * weight.columns + j] *=
                    scales->second.values[i / block.at(0) * scales->second.columns + j / block.at(1)];
            }
        }
    }
}

}  // namespace heddle::test
