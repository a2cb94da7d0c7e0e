// tests/support/oracle_parts.h: The oracle's smaller parts: norms, rotation, rounding, selection, experts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/oracle.h"
#include "tests/support/oracle_file.h"

namespace heddle::test {

Vector root_mean_square_norm(const Vector& x, const Matrix& weight, double eps);
Vector layer_norm(const Vector& x, const Matrix& weight, const Matrix& bias, double eps);
Vector sum_of(const Vector& a, const Vector& b);
double dot(const Vector& a, const Vector& b);
Vector part_of(const Vector& x, std::size_t first, std::size_t count);

// The angles of the rotary embedding, stretched by YaRN where the config says so.
class OracleRope {
 public:
    explicit OracleRope(const nlohmann::json& config);
    // Rotates the elements [first, first + qk_rope_head_dim) of x.
    void rotate(Vector& x, std::size_t first, std::size_t position, Pairing pairing) const;
    double softmax_scale() const { return softmax_scale_; }

 private:
    Vector frequencies_;
    double softmax_scale_;
};

Vector hadamard(const Vector& x);  // Sylvester's matrix, orthonormal
// One power-of-two scale for all of [first, last), the nearest e4m3 numbers, scaled back.
void round_to_float8(Vector& x, std::size_t first, std::size_t last);
void round_to_bytes(Vector& x);  // whole numbers up to 127 with one scale, scaled back
void round_to_bf16(Vector& x);

// The `count` highest scores, of equal ones those that stand first; ascending.
std::vector<int> highest(const Vector& scores, std::size_t count);

// The feed-forward half of layer `index`: dense in the first layers, experts behind them.
Vector feed_forward(const OracleFile& file, int index, const Vector& x);

}  // namespace heddle::test
