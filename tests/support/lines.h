// tests/support/lines.h: Takes apart what a program printed.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "prompts/message.h"

namespace heddle::test {

// JSON Lines; a last line without its end, as a kill leaves one, is none.
inline std::vector<prompts::Json> lines_of(const std::string& text) {
    std::vector<prompts::Json> lines;
    std::istringstream in(text.substr(0, text.rfind('\n') + 1));
    for (std::string line; std::getline(in, line);) lines.push_back(prompts::Json::parse(line));
    return lines;
}

inline std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace heddle::test
