// engine/tokenizer/byte_symbols.cpp: The table of stand-ins, both ways.
#include "engine/tokenizer/byte_symbols.h"

#include <array>

namespace heddle::engine {

namespace {

constexpr int points = 256 + 68;  // 68 bytes do not print in Latin-1

constexpr bool prints(int byte) {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

constexpr std::array<int, 256> point_of_byte = [] {
    std::array<int, 256> table{};
    int next = 256;
    for (int byte = 0; byte < 256; ++byte) table[static_cast<std::size_t>(byte)] = prints(byte) ? byte : next++;
    return table;
}();

constexpr std::array<int, points> byte_of_point = [] {
    std::array<int, points> table{};
    for (auto& byte : table) byte = -1;
    for (int byte = 0; byte < 256; ++byte) {
        table[static_cast<std::size_t>(point_of_byte[static_cast<std::size_t>(byte)])] = byte;
    }
    return table;
}();

}  // namespace

std::string symbol_of_byte(unsigned char byte) {
    const int point = point_of_byte[byte];
    if (point < 0x80) return std::string(1, static_cast<char>(point));
    return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
}

std::optional<std::string> bytes_of_symbols(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int point = static_cast<unsigned char>(text[i]);
        if (point >= 0x80) {
            // All stand-ins have two bytes in UTF-8; the text came from JSON and is whole.
            if (point >= 0xe0 || i + 1 == text.size()) return std::nullopt;
            point = (point & 0x1f) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f);
        }
        if (point >= points || byte_of_point[static_cast<std::size_t>(point)] < 0) return std::nullopt;
        bytes += static_cast<char>(byte_of_point[static_cast<std::size_t>(point)]);
    }
    return bytes;
}

}  // namespace heddle::engine
