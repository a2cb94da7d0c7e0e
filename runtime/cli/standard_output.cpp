// runtime/cli/standard_output.cpp: Flushes at once, for at exit a failure would pass in silence.
#include "runtime/cli/standard_output.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runtime/error.h"

namespace heddle {

void print_answer(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    }
}

}  // namespace heddle
