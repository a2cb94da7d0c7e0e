// engine/transformer/rope.cpp: Slow dimensions are stretched by YaRN, fast ones stay, a ramp joins the two.
#include "engine/transformer/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/error.h"

namespace heddle::engine {

namespace {

// The dimension whose wave turns `rotations` times over the length that the model was first trained on.
double dimension_of(double rotations, const YarnConfig& yarn, int rope, double theta) {
    return rope * std::log(yarn.original_max_position / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
}

double magnitude_of(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

}  // namespace

Rope::Rope(const ModelConfig& config) {
    const int half = config.rope / 2;
    for (int i = 0; i < half; ++i) frequencies_.push_back(std::pow(config.rope_theta, -2.0 * i / config.rope));
    softmax_scale_ = 1 / std::sqrt(double(config.nope + config.rope));

    // The vendor leaves YaRN out where the context is no longer than the first training's.
    if (!config.yarn || config.positions <= config.yarn->original_max_position) return;
    const YarnConfig& yarn = *config.yarn;
    const double low = std::max(std::floor(dimension_of(yarn.beta_fast, yarn, config.rope, config.rope_theta)), 0.0);
    double high = std::min(std::ceil(dimension_of(yarn.beta_slow, yarn, config.rope, config.rope_theta)),
                           double(config.rope - 1));
    if (high == low) high += 0.001;  // the ramp becomes a step
    for (int i = 0; i < half; ++i) {
        const double stretched = std::clamp((i - low) / (high - low), 0.0, 1.0);
        double& frequency = frequencies_[std::size_t(i)];
        frequency = frequency / yarn.factor * stretched + frequency * (1 - stretched);
    }
    const double softmax_magnitude = magnitude_of(yarn.factor, yarn.mscale_all_dim);
    magnitude_ = magnitude_of(yarn.factor, yarn.mscale) / softmax_magnitude;
    softmax_scale_ *= softmax_magnitude * softmax_magnitude;
}

void Rope::angles(std::int64_t first, std::span<double> cosines, std::span<double> sines) const {
    ENGINE_CHECK(cosines.size() == sines.size() && cosines.size() % frequencies_.size() == 0);
    for (std::size_t i = 0; i < cosines.size(); ++i) {
        const auto position = static_cast<double>(first + static_cast<std::int64_t>(i / frequencies_.size()));
        const double angle = position * frequencies_[i % frequencies_.size()];
        cosines[i] = std::cos(angle) * magnitude_;
        sines[i] = std::sin(angle) * magnitude_;
    }
}

}  // namespace heddle::engine
