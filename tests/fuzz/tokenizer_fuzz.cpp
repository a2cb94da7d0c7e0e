// tests/fuzz/tokenizer_fuzz.cpp: Any bytes as a tokenizer.json, and as text for one: an Error, or text that reads back.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "engine/error.h"
#include "engine/tokenizer.h"
#include "tests/support/temp_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace engine = heddle::engine;
    static const heddle::test::TempFolder folder;
    static const auto file = folder.path() / "tokenizer.json";
    const std::string input(reinterpret_cast<const char*>(data), size);
    std::ofstream(file, std::ios::binary) << input;
    try {
        const auto tokenizer = engine::Tokenizer::load(file);
        for (const std::string& text : {input.substr(0, 500), std::string(" the <think>\xff\xe4\xb8 12345\n\n")}) {
            ENGINE_CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
            ENGINE_CHECK(tokenizer.decode(tokenizer.encode_with_control(text)) == text);
            for (const engine::Token token : tokenizer.encode(text)) ENGINE_CHECK(!tokenizer.is_control(token));
        }
    } catch (const engine::Error&) {
    }
    return 0;
}
