// tests/bench/series.h: How long a piece of work takes, and the middle of many such times.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace heddle::bench {

template <typename Work>
double microseconds(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// What was measured, once each round.
class Series {
 public:
    void add(double value) { values_.push_back(value); }
    double median() const {
        std::vector<double> values = values_;
        std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
        return values[values.size() / 2];
    }

 private:
    std::vector<double> values_;
};

}  // namespace heddle::bench
