// engine/token.h: A token id.
#pragma once

#include <cstdint>

namespace heddle::engine {

using Token = std::int32_t;

}  // namespace heddle::engine
