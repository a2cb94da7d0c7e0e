// runtime/cli/model_heat.h: Which positions of a text the indexer selected how often, as a drawing and as numbers.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle {

struct Heat {
    std::string title;
    std::int64_t tokens = 0;
    std::int64_t top_k = 0;                        // tokens before this position attended to everything: no choice
    std::vector<std::vector<std::uint32_t>> uses;  // [layers, tokens]: selected by so many tokens that had a choice
};

// How many tokens had a choice that this position was part of.
std::int64_t choices_of(const Heat& heat, std::int64_t position);

// Position from left to right, one row a layer and one for all together; brighter: selected by a larger share of the
// tokens that could. A dashed line stands where choice begins.
std::string heat_drawing(const Heat& heat);

// {"tokens", "top_k", "uses": [[...], ...]}, the counts themselves.
nlohmann::ordered_json heat_numbers(const Heat& heat);

}  // namespace heddle
