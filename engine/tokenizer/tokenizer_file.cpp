// engine/tokenizer/tokenizer_file.cpp: Reads the one kind of tokenizer.json that byte-level BPE models have.
#include "engine/tokenizer/tokenizer_file.h"

#include <fmt/core.h>

#include <unordered_set>

#include "engine/error.h"
#include "engine/io/file.h"
#include "engine/io/json_reader.h"

namespace heddle::engine {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t file_bytes_max = 256 << 20;
constexpr std::int64_t id_max = (1 << 24) - 1;  // tables are as long as the highest id

// What GPT-2 cut with, and what ByteLevel still cuts with where it is asked to.
constexpr const char* gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

std::string type_of(const JsonReader& from) {
    const auto type = from.text("type");
    if (!type) from.refuse("type", "there");
    return *type;
}

const Json& list_of(const JsonReader& from, const char* key) {
    const auto* list = from.find(key);
    if (list == nullptr || !list->is_array()) from.refuse(key, "a list");
    return *list;
}

JsonReader element(const std::string& place, const Json& value) {
    if (!value.is_object()) throw Error(fmt::format("{}: it must be an object", place));
    return {place, value};
}

void read_bytes_stage(const JsonReader& stage, TokenizerFile& file) {
    stage.knows({"type", "add_prefix_space", "trim_offsets", "use_regex"});  // offsets are not made here
    if (stage.flag_or("add_prefix_space", true)) stage.refuse("add_prefix_space", "false");
    if (stage.flag_or("use_regex", true)) file.patterns.emplace_back(gpt2_pattern);
}

void read_split_stage(const JsonReader& stage, TokenizerFile& file) {
    stage.knows({"type", "pattern", "behavior", "invert"});
    if (stage.text("behavior") != "Isolated") stage.refuse("behavior", "\"Isolated\"");
    if (stage.flag_or("invert", false)) stage.refuse("invert", "false");
    const JsonReader pattern = stage.object("pattern");
    pattern.knows({"Regex"});
    const auto regex = pattern.text("Regex");
    if (!regex) pattern.refuse("Regex", "a text");
    file.patterns.push_back(*regex);
}

void read_pre_tokenizer(const JsonReader& top, const std::string& place, TokenizerFile& file) {
    const JsonReader from = top.object("pre_tokenizer");
    if (type_of(from) == "ByteLevel") return read_bytes_stage(from, file);
    if (type_of(from) != "Sequence") from.refuse("type", "\"Sequence\" or \"ByteLevel\"");
    from.knows({"type", "pretokenizers"});
    const Json& stages = list_of(from, "pretokenizers");
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const JsonReader stage = element(fmt::format("{}: in pre_tokenizer {}", place, i), stages[i]);
        const bool last = i + 1 == stages.size();
        // Patterns see text, so the step to bytes comes after them all.
        if (type_of(stage) != (last ? "ByteLevel" : "Split")) {
            stage.refuse("type", last ? "\"ByteLevel\", for it is the last" : "\"Split\"");
        }
        last ? read_bytes_stage(stage, file) : read_split_stage(stage, file);
    }
    if (stages.empty()) from.refuse("pretokenizers", "Splits, then a ByteLevel");
}

void check_surroundings(const JsonReader& top) {
    top.knows({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
               "decoder", "model"});
    for (const char* key : {"truncation", "padding"}) {
        if (top.find(key) != nullptr) top.refuse(key, "null: the engine neither cuts nor pads text");
    }
    if (top.find("normalizer") != nullptr) {
        const JsonReader normalizer = top.object("normalizer");
        const auto* steps = normalizer.find("normalizers");
        if (type_of(normalizer) != "Sequence" || steps == nullptr || *steps != Json::array()) {
            top.refuse("normalizer", "null or an empty Sequence: the engine takes text as it is");
        }
    }
    // ByteLevel only moves offsets there; any other kind adds tokens, which is for the renderer of conversations to do.
    for (const char* key : {"post_processor", "decoder"}) {
        if (top.find(key) == nullptr) continue;
        const JsonReader part = top.object(key);
        if (type_of(part) != "ByteLevel") part.refuse("type", "\"ByteLevel\"");
    }
}

void read_vocabulary(const JsonReader& model, TokenizerFile& file) {
    const auto* vocabulary = model.find("vocab");
    if (vocabulary == nullptr || !vocabulary->is_object()) model.refuse("vocab", "an object");
    file.vocabulary.reserve(vocabulary->size());
    std::unordered_set<Token> ids;
    ids.reserve(vocabulary->size());
    for (const auto& [text, id] : vocabulary->items()) {
        if (!id.is_number_integer() || id < 0 || id > id_max) {
            model.refuse("vocab",
                         fmt::format("a map to whole numbers from 0 to {}; {} has none", id_max, in_quotes(text)));
        }
        if (!ids.insert(id.get<Token>()).second) {
            model.refuse("vocab", fmt::format("a map to different ids; {} shares id {}", in_quotes(text), id.dump()));
        }
        file.vocabulary.emplace(text, id.get<Token>());
    }
}

// A merge stands as "left right" in older files and as ["left", "right"] in newer ones.
std::pair<std::string, std::string> sides_of(const JsonReader& model, const Json& merge) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
        return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    }
    if (merge.is_string()) {
        const auto& text = merge.get_ref<const std::string&>();
        const auto space = text.find(' ');
        if (space != std::string::npos && text.find(' ', space + 1) == std::string::npos) {
            return {text.substr(0, space), text.substr(space + 1)};
        }
    }
    model.refuse("merges", "pairs of texts, or texts with one space");
}

void read_merges(const JsonReader& model, TokenizerFile& file) {
    const Json& merges = list_of(model, "merges");
    file.merges.reserve(merges.size());
    const auto id_of = [&](const std::string& text) {
        const auto found = file.vocabulary.find(text);
        if (found == file.vocabulary.end()) {
            model.refuse("merges", fmt::format("made of the vocabulary, which lacks {}", in_quotes(text)));
        }
        return found->second;
    };
    for (const auto& merge : merges) {
        const auto [left, right] = sides_of(model, merge);
        file.merges.push_back({id_of(left), id_of(right), id_of(left + right)});
    }
}

void read_model(const JsonReader& top, TokenizerFile& file) {
    const JsonReader model = top.object("model");
    if (type_of(model) != "BPE") model.refuse("type", "\"BPE\"");
    model.knows({"type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                 "byte_fallback", "ignore_merges", "vocab", "merges"});
    model.only("dropout", 0.0);
    model.only("continuing_subword_prefix", "");
    model.only("end_of_word_suffix", "");
    model.only("byte_fallback", false);
    model.only("ignore_merges", false);
    // unk_token and fuse_unk say nothing here: every byte has a token of its own, which the tokenizer checks.
    read_vocabulary(model, file);
    read_merges(model, file);
}

void read_added_tokens(const JsonReader& top, const std::string& place, TokenizerFile& file) {
    if (top.find("added_tokens") == nullptr) return;
    const Json& list = list_of(top, "added_tokens");
    std::unordered_set<std::string> texts;
    std::unordered_set<Token> ids;
    std::unordered_map<Token, std::string_view> in_vocabulary;
    for (const auto& [text, id] : file.vocabulary) in_vocabulary.emplace(id, text);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const JsonReader from = element(fmt::format("{}: in added_tokens {}", place, i), list[i]);
        from.knows({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
        for (const char* key : {"single_word", "lstrip", "rstrip"}) from.only(key, false);
        AddedToken token;
        token.id = static_cast<Token>(from.integer("id", 0, id_max));
        token.text = from.text("content").value_or("");
        token.special = from.flag_or("special", false);
        token.normalized = from.flag_or("normalized", !token.special);
        if (token.text.empty() || !texts.insert(token.text).second) from.refuse("content", "a text of its own");
        const auto same_id = in_vocabulary.find(token.id);
        const auto same_text = file.vocabulary.find(token.text);
        if (!ids.insert(token.id).second || (same_id != in_vocabulary.end() && same_id->second != token.text) ||
            (same_text != file.vocabulary.end() && same_text->second != token.id)) {
            from.refuse("id", fmt::format("one that {} alone has", in_quotes(token.text)));
        }
        file.added.push_back(std::move(token));
    }
}

}  // namespace

TokenizerFile TokenizerFile::parse(std::string_view text, const std::string& place) {
    const Json json = parse_json_object(text, place);
    const JsonReader top(place, json);
    TokenizerFile file;
    check_surroundings(top);
    read_pre_tokenizer(top, place, file);
    read_model(top, file);
    read_added_tokens(top, place, file);
    return file;
}

TokenizerFile TokenizerFile::read(const std::filesystem::path& path) {
    return parse(read_whole(path, file_bytes_max), path.string());
}

}  // namespace heddle::engine
