// tools/web/reader/gunzip.h: A gzip file's content, as far as a bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::tools::web {

// None if the bytes are no gzip or are damaged, or hold more than `bytes_max`.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t bytes_max);

}  // namespace heddle::tools::web
