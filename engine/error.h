// engine/error.h: The one exception of this folder, and the assertion that stays on in release.
#pragma once

#include <stdexcept>

namespace heddle::engine {

struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Reports the broken invariant on stderr and aborts: a bug in the engine, never bad input.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace heddle::engine

#define ENGINE_CHECK(condition) \
    (static_cast<bool>(condition) ? void() : ::heddle::engine::check_failed(#condition, __FILE__, __LINE__))
