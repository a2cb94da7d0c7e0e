// engine/tokenizer/utf8.h: How far text is UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace heddle::engine {

// The length of the longest beginning of `text` that is whole, valid UTF-8: no overlong forms, surrogates or points
// above U+10FFFF.
inline std::size_t valid_utf8_length(std::string_view text) {
    std::size_t at = 0;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    while (at < text.size()) {
        const unsigned char lead = byte(at);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xc2 ? 0
                                   : lead < 0xe0 ? 2
                                   : lead < 0xf0 ? 3
                                   : lead < 0xf5 ? 4
                                                 : 0;
        if (length == 0 || at + length > text.size()) return at;
        for (std::size_t i = 1; i < length; ++i) {
            if ((byte(at + i) & 0xc0) != 0x80) return at;
        }
        if (length > 2) {
            const unsigned char second = byte(at + 1);
            const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
            const bool surrogate = lead == 0xed && second >= 0xa0;
            const bool too_high = lead == 0xf4 && second >= 0x90;
            if (overlong || surrogate || too_high) return at;
        }
        at += length;
    }
    return at;
}

}  // namespace heddle::engine
