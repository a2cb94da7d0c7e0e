// engine/tokenizer/byte_symbols.h: The printable character that stands for each byte in a byte-level vocabulary.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace heddle::engine {

// Bytes that print in Latin-1 stand for themselves; the others, in order, are U+0100 and on.
std::string symbol_of_byte(unsigned char byte);  // UTF-8

// The bytes that a token's text in the vocabulary stands for; nothing when a character of it stands for no byte.
std::optional<std::string> bytes_of_symbols(std::string_view text);

}  // namespace heddle::engine
