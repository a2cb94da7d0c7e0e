// runtime/cli/model_eval.h: heddle model eval: logits and selections of a given token sequence, as .npy files.
#pragma once

#include <CLI/CLI.hpp>

namespace heddle {

void add_model_eval(CLI::App& model, int& exit_code);

}  // namespace heddle
