// tests/fuzz/wire_fuzz.cpp: Any bytes as an opening, an order, a rewind or a note: an Error, or something that encodes
// to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/wire.h"

namespace {

template <typename Decode>
void hold(std::string_view bytes, Decode decode) {
    try {
        // Variables may come in any order, so the second round is the one that must be stable.
        const std::string once = encode(decode(bytes));
        if (encode(decode(once)) != once) std::abort();
    } catch (const heddle::sandbox::Error&) {
        // Refused, as nearly all bytes are.
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    hold(bytes, heddle::sandbox::decode_opening);
    hold(bytes, heddle::sandbox::decode_order);
    hold(bytes, heddle::sandbox::decode_rewind);
    hold(bytes, heddle::sandbox::decode_note);
    return 0;
}
