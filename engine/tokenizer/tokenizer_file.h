// engine/tokenizer/tokenizer_file.h: What a tokenizer.json says, checked; whatever else it asks for is refused by name.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/token.h"

namespace heddle::engine {

struct AddedToken {
    Token id = -1;
    std::string text;
    bool special = false;     // a control token, as the file's author meant it
    bool normalized = false;  // found only in what the others have left
};

struct MergeRule {
    Token left = -1, right = -1, joined = -1;
};

struct TokenizerFile {
    std::unordered_map<std::string, Token> vocabulary;  // texts as in the file: characters that stand for bytes
    std::vector<MergeRule> merges;                      // strongest first
    std::vector<AddedToken> added;
    std::vector<std::string> patterns;  // of the splits, applied one after the other

    // Throws Error. `place` names the file in it.
    static TokenizerFile read(const std::filesystem::path& path);
    static TokenizerFile parse(std::string_view text, const std::string& place);
};

}  // namespace heddle::engine
