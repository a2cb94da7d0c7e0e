// tools/line_diff.h: What changed between two texts, as a unified diff for a model to read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::tools {

// Hunks with three lines of context, without a header; empty for equal texts. Exact as long as the texts differ in less
// than some hundred lines, else one hunk that gives all of the differing part twice; of at most `bytes_max` bytes,
// with a last line that says what is left out. Lines are made readable and clipped.
std::string line_diff(std::string_view before, std::string_view after, std::size_t bytes_max = 6'000);

}  // namespace heddle::tools
