// tools/end_words.cpp: Collected up to a NUL, then a number and a rest.
#include "tools/end_words.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace heddle::tools {

std::optional<EndOfCode> EndWords::add(std::string_view bytes) {
    said_ += bytes;
    const std::size_t end = said_.find('\0');
    if (end == std::string::npos && said_.size() < bytes_max) return std::nullopt;
    const std::string said = std::exchange(said_, {}).substr(0, std::min(end, bytes_max));
    const std::size_t space = said.find(' ');
    if (space == std::string::npos || space == 0) return std::nullopt;
    int status = 0;
    const char* const last = said.data() + space;
    const auto [end_of_number, error] = std::from_chars(said.data(), last, status);
    if (end_of_number != last || error != std::errc()) return std::nullopt;
    return EndOfCode{status & 0xff, said.substr(space + 1)};
}

}  // namespace heddle::tools
