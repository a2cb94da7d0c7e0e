// runtime/store/words.cpp: SQLite's English tokenizer, whose words are divided where a script has no spaces.
#include "runtime/store/words.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/error.h"
#include "tools/clip.h"
#include "tools/web/characters.h"

namespace heddle {

namespace {

constexpr std::size_t query_words_max = 32;

// Han, kana and hangul, which are written without spaces between words or would need a dictionary.
bool is_dense(char32_t c) {
    return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
           (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

// The tokenizer that does the work, as FTS5 hands it out: its functions, and one made by them for each table.
struct Inner {
    fts5_api* api = nullptr;
    fts5_tokenizer functions{};
    void* data = nullptr;
};
struct Instance {
    fts5_tokenizer functions;
    Fts5Tokenizer* inner;
};

using Callback = int (*)(void*, int, const char*, int, int, int);

struct Division {
    const char* text;
    void* context;
    Callback report;
};

// A token in which dense characters stand, as one token for each of them and one for what is between.
int divide(const Division& to, int flags, int begin, int end) {
    const std::string word = tools::readable(std::string_view(to.text + begin, static_cast<std::size_t>(end - begin)));
    std::string other;
    int at = begin, other_begin = begin;
    const auto flush = [&] {
        const int code = other.empty() ? SQLITE_OK
                                       : to.report(to.context, flags, other.data(), static_cast<int>(other.size()),
                                                   other_begin, std::min(at, end));
        other.clear();
        return code;
    };
    for (const char32_t c : tools::web::to_code_points(word)) {
        std::string bytes;
        tools::web::append_utf8(bytes, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        const int next = at + static_cast<int>(bytes.size());
        if (!is_dense(c)) {
            if (other.empty()) other_begin = at;
            other += bytes;
            at = next;
            continue;
        }
        if (const int code = flush(); code != SQLITE_OK) return code;
        const int code = to.report(to.context, flags, bytes.data(), static_cast<int>(bytes.size()), std::min(at, end),
                                   std::min(next, end));
        if (code != SQLITE_OK) return code;
        at = next;
    }
    return flush();
}

int on_token(void* context, int flags, const char* token, int size, int begin, int end) {
    const auto& to = *static_cast<const Division*>(context);
    constexpr unsigned char lead_of_dense = 0xe3;  // the first byte of all of them is this or more
    const bool may_be_dense = std::any_of(to.text + begin, to.text + end,
                                          [](char byte) { return static_cast<unsigned char>(byte) >= lead_of_dense; });
    return may_be_dense ? divide(to, flags, begin, end) : to.report(to.context, flags, token, size, begin, end);
}

int create(void* data, const char**, int, Fts5Tokenizer** made) {
    const auto& inner = *static_cast<const Inner*>(data);
    std::array<const char*, 3> arguments{"unicode61", "remove_diacritics", "2"};
    auto instance = std::make_unique<Instance>(Instance{inner.functions, nullptr});
    const int code =
        inner.functions.xCreate(inner.data, arguments.data(), static_cast<int>(arguments.size()), &instance->inner);
    if (code == SQLITE_OK) *made = reinterpret_cast<Fts5Tokenizer*>(instance.release());
    return code;
}

void destroy(Fts5Tokenizer* tokenizer) {
    const std::unique_ptr<Instance> instance(reinterpret_cast<Instance*>(tokenizer));
    instance->functions.xDelete(instance->inner);
}

int tokenize(Fts5Tokenizer* tokenizer, void* context, int flags, const char* text, int size, Callback report) {
    const auto& instance = *reinterpret_cast<const Instance*>(tokenizer);
    Division division{text, context, report};
    return instance.functions.xTokenize(instance.inner, &division, flags, text, size, on_token);
}

fts5_api* api_of(sqlite3* connection) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection, "select fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api;
}

// Pairs of neighbours: a run of dense characters is rarely one word.
void add_words(std::u32string_view run, std::vector<std::string>& words) {
    if (run.size() <= 2) {
        words.push_back(tools::web::to_utf8(run));
        return;
    }
    for (std::size_t at = 0; at + 1 < run.size(); ++at) words.push_back(tools::web::to_utf8(run.substr(at, 2)));
}

}  // namespace

void register_words(sqlite3* connection) {
    auto inner = std::make_unique<Inner>();
    inner->api = api_of(connection);
    fts5_tokenizer mine{create, destroy, tokenize};
    const auto free_inner = [](void* data) { delete static_cast<Inner*>(data); };
    fts5_api* const api = inner->api;
    if (api == nullptr || api->xFindTokenizer(api, "porter", &inner->data, &inner->functions) != SQLITE_OK ||
        api->xCreateTokenizer(api, "words", inner.release(), &mine, free_inner) != SQLITE_OK) {
        throw Error("cannot search documents: this SQLite has no FTS5; install Debian's libsqlite3-0");
    }
}

std::string any_word_of(const std::string& query) {
    std::vector<std::string> words;
    const std::u32string text = tools::web::to_code_points(tools::readable(query)) + U' ';
    std::u32string word;
    bool dense = false;
    for (const char32_t c : text) {
        const bool belongs = tools::web::is_word(c) && (word.empty() || is_dense(c) == dense);
        if (!belongs && !word.empty()) {
            dense ? add_words(word, words) : words.push_back(tools::web::to_utf8(word));
            word.clear();
        }
        if (!tools::web::is_word(c)) continue;
        dense = is_dense(c);
        word += c;
    }
    if (words.size() > query_words_max) words.resize(query_words_max);
    std::string asked;
    for (const std::string& one : words) asked += fmt::format("{}\"{}\"", asked.empty() ? "" : " OR ", one);
    return asked;
}

}  // namespace heddle
