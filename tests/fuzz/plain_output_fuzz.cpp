// tests/fuzz/plain_output_fuzz.cpp: Whatever a program prints, nothing that a terminal acts upon is left of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/clip.h"
#include "tools/plain_output.h"

using heddle::tools::plain_output;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const std::string plain = plain_output(bytes);
    if (plain.size() > size || plain.find_first_of("\x1b\r\b\x07") != plain.npos) std::abort();
    if (plain_output(plain) != plain) std::abort();
    if (heddle::tools::is_drawn(bytes) != (plain != bytes)) std::abort();
    if (!heddle::tools::is_utf8(heddle::tools::readable(plain))) std::abort();
    return 0;
}
