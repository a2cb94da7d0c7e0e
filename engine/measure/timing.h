// engine/measure/timing.h: Durations, and what many of them have in common.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace heddle::engine {

template <class Act>
double seconds(const Act& act) {
    const auto start = std::chrono::steady_clock::now();
    act();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The middle of several measurements, and how far the middle half of them reaches around it.
struct Sample {
    double median = 0;
    double spread = 0;  // upper quartile less lower quartile, as a share of the median
    int count = 0;
};

inline Sample sample_of(std::vector<double> values) {
    Sample sample;
    sample.count = static_cast<int>(values.size());
    if (values.empty()) return sample;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {  // between two neighbours in proportion
        const double place = share * static_cast<double>(values.size() - 1);
        const auto low = static_cast<std::size_t>(place);
        const std::size_t high = std::min(low + 1, values.size() - 1);
        return values[low] + (values[high] - values[low]) * (place - static_cast<double>(low));
    };
    sample.median = at(0.5);
    sample.spread = sample.median == 0 ? 0 : (at(0.75) - at(0.25)) / sample.median;
    return sample;
}

}  // namespace heddle::engine
