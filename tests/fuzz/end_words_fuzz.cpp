// tests/fuzz/end_words_fuzz.cpp: Whatever comes over an interpreter's socket, an end is one, and none is kept from
// coming.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "tools/end_words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    heddle::tools::EndWords words;
    std::string_view bytes(reinterpret_cast<const char*>(data), size);
    while (!bytes.empty()) {
        const std::size_t part = 1 + static_cast<std::uint8_t>(bytes.front());
        const auto end = words.add(bytes.substr(0, part));
        if (end && (end->status < 0 || end->status > 255)) std::abort();
        if (end && (end->folder.size() >= words.bytes_max || end->folder.find('\0') != std::string::npos)) std::abort();
        bytes.remove_prefix(std::min(part, bytes.size()));
    }
    words.add(std::string(1, '\0'));
    const auto last = words.add(std::string("5 /\0", 4));
    if (!last || last->status != 5 || last->folder != "/") std::abort();
    return 0;
}
