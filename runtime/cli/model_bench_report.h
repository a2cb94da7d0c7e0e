// runtime/cli/model_bench_report.h: A measurement as ratios with their goals, a table, JSON, CSV and a drawing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/measure/bench.h"

namespace heddle {

// One line of the table of goals. `value` and `goal` mean "at least", or "at most" where `at_most` says so.
struct BenchRatio {
    std::string name;
    double value = 0, goal = 0, aim = 0;
    bool at_most = false;
    std::string note;  // what stands below the line, where the name does not say it

    bool reaches(double bound) const { return at_most ? value <= bound : value >= bound; }
};

std::vector<BenchRatio> ratios_of(const engine::BenchReport& report);

std::string bench_table(const engine::BenchReport& report);            // for people
nlohmann::ordered_json bench_json(const engine::BenchReport& report);  // one object
std::string bench_csv(const engine::BenchReport& report);              // a row a measurement, a row a ratio
std::string bench_plot(const engine::BenchReport& report);             // SVG: milliseconds a token against depth

}  // namespace heddle
