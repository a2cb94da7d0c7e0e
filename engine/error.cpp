// engine/error.cpp: Ends the process when an invariant of the engine does not hold.
#include "engine/error.h"

#include <cstdio>
#include <cstdlib>

namespace heddle::engine {

void check_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "heddle: engine: %s:%d: does not hold: %s\n", file, line, condition);
    std::abort();
}

}  // namespace heddle::engine
