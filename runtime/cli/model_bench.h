// runtime/cli/model_bench.h: heddle model bench: what a checkpoint costs here, as ratios that carry over.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

void add_model_bench(CLI::App& model, int& exit_code);

}  // namespace heddle
