// tests/support/oracle_file.h: A model folder read for the oracle alone: config.json as it stands, tensors as doubles.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::test {

using Vector = std::vector<double>;

struct Matrix {
    std::size_t rows = 0, columns = 1;
    Vector values;  // row-major; a vector has one column

    Vector times(const Vector& x) const;  // [rows], from x [columns]
    Vector row(std::size_t index) const;
};

// Shares no code with engine/: what that reads wrongly, this must not read wrongly too. One file of weights, in F32,
// BF16 or F8_E4M3 with its block scales.
class OracleFile {
 public:
    explicit OracleFile(const std::filesystem::path& folder);

    const nlohmann::json& config() const { return config_; }
    const Matrix& operator[](const std::string& name) const { return tensors_.at(name); }
    bool has(const std::string& name) const { return tensors_.count(name) > 0; }

 private:
    void multiply_by_scales();

    nlohmann::json config_;
    std::map<std::string, Matrix> tensors_;  // weights times their scales
};

// All numbers that e4m3fn has from 0 to 448, ascending; an index is the number's bits.
const Vector& float8_numbers();

}  // namespace heddle::test
