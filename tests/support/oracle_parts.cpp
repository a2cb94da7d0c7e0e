// tests/support/oracle_parts.cpp: Norms, rotation, rounding and selection of the oracle.
#include "tests/support/oracle_parts.h"

#include <algorithm>
#include <cmath>

namespace heddle::test {

double dot(const Vector& a, const Vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b.at(i);
    return sum;
}

Vector sum_of(const Vector& a, const Vector& b) {
    Vector sum = a;
    for (std::size_t i = 0; i < a.size(); ++i) sum[i] += b.at(i);
    return sum;
}

Vector part_of(const Vector& x, std::size_t first, std::size_t count) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first);
    return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

Vector root_mean_square_norm(const Vector& x, const Matrix& weight, double eps) {
    const double size = std::sqrt(dot(x, x) / double(x.size()) + eps);
    Vector out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(x[i] / size * weight.values.at(i));
    return out;
}

Vector layer_norm(const Vector& x, const Matrix& weight, const Matrix& bias, double eps) {
    double mean = 0;
    for (const double value : x) mean += value / double(x.size());
    Vector centred;
    for (const double value : x) centred.push_back(value - mean);
    return sum_of(root_mean_square_norm(centred, weight, eps), bias.values);
}

OracleRope::OracleRope(const nlohmann::json& config) {
    const double rope = config.at("qk_rope_head_dim"), theta = config.at("rope_theta");
    for (int i = 0; i < rope / 2; ++i) frequencies_.push_back(std::pow(theta, -2 * i / rope));
    softmax_scale_ = std::pow(config.at("qk_nope_head_dim").get<double>() + rope, -0.5);
    const auto& yarn = config.at("rope_scaling");
    if (yarn.is_null()) return;
    const double first_length = yarn.at("original_max_position_embeddings"), factor = yarn.at("factor");
    if (config.at("max_position_embeddings").get<double>() <= first_length) return;
    // Which dimension turns so many times over the first length.
    const auto turning = [&](double times) {
        return rope * std::log(first_length / (2 * M_PI * times)) / (2 * std::log(theta));
    };
    const double low = std::max(0.0, std::floor(turning(yarn.at("beta_fast"))));
    const double high = std::min(rope - 1, std::ceil(turning(yarn.at("beta_slow"))));
    for (int i = 0; i < rope / 2; ++i) {
        const double keep = 1 - std::clamp((i - low) / (high - low), 0.0, 1.0);
        auto& frequency = frequencies_[std::size_t(i)];
        frequency = frequency * keep + frequency / factor * (1 - keep);
    }
    const double magnitude = 0.1 * yarn.at("mscale").get<double>() * std::log(factor) + 1;
    softmax_scale_ *= magnitude * magnitude;
}

void OracleRope::rotate(Vector& x, std::size_t first, std::size_t position, Pairing pairing) const {
    const std::size_t half = frequencies_.size();
    for (std::size_t i = 0; i < half; ++i) {
        double& a = x.at(first + (pairing == Pairing::halves ? i : 2 * i));
        double& b = x.at(first + (pairing == Pairing::halves ? i + half : 2 * i + 1));
        const double angle = double(position) * frequencies_[i];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = a * std::sin(angle) + b * std::cos(angle);
        a = turned;
    }
}

// By its recursion, [H H; H -H].
Vector hadamard(const Vector& x) {
    if (x.size() == 1) return x;
    const std::size_t half = x.size() / 2;
    const Vector top = hadamard(part_of(x, 0, half)), bottom = hadamard(part_of(x, half, half));
    Vector out;
    for (std::size_t i = 0; i < half; ++i) out.push_back((top[i] + bottom[i]) / std::sqrt(2.0));
    for (std::size_t i = 0; i < half; ++i) out.push_back((top[i] - bottom[i]) / std::sqrt(2.0));
    return out;
}

namespace {

// Of two numbers as near, the one whose bits are even.
double nearest_float8(double size) {
    const Vector& numbers = float8_numbers();
    const auto above = std::lower_bound(numbers.begin(), numbers.end(), size);
    if (above == numbers.end()) return numbers.back();
    if (above == numbers.begin()) return *above;
    const double up = *above - size, down = size - *(above - 1);
    if (up == down) return (above - numbers.begin()) % 2 == 0 ? *above : *(above - 1);
    return up < down ? *above : *(above - 1);
}

}  // namespace

void round_to_float8(Vector& x, std::size_t first, std::size_t last) {
    double largest = 1e-4;
    for (std::size_t i = first; i < last; ++i) largest = std::max(largest, std::fabs(x[i]));
    double scale = std::pow(2.0, -40);
    while (largest / scale > 448) scale *= 2;
    for (std::size_t i = first; i < last; ++i) {
        x[i] = std::copysign(nearest_float8(std::fabs(x[i]) / scale) * scale, x[i]);
    }
}

void round_to_bytes(Vector& x) {
    double largest = 0;
    for (const double value : x) largest = std::max(largest, std::fabs(value));
    if (largest == 0) return;
    for (double& value : x) value = std::nearbyint(value * 127 / largest) * largest / 127;
}

// Eight bits of mantissa, the first of them implied; ties to even, as nearbyint takes them.
void round_to_bf16(Vector& x) {
    for (double& value : x) {
        int exponent = 0;
        const double fraction = std::frexp(value, &exponent);
        value = std::ldexp(std::nearbyint(fraction * 256), exponent - 8);
    }
}

std::vector<int> highest(const Vector& scores, std::size_t count) {
    std::vector<bool> is_taken(scores.size(), false);
    for (std::size_t taken = 0; taken < std::min(count, scores.size()); ++taken) {
        std::size_t best = scores.size();
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (!is_taken[i] && (best == scores.size() || scores[i] > scores[best])) best = i;
        }
        is_taken[best] = true;
    }
    std::vector<int> indices;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (is_taken[i]) indices.push_back(int(i));
    }
    return indices;
}

}  // namespace heddle::test
