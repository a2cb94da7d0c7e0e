// tools/web/characters.cpp: Unicode's classes and case by PCRE2.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "tools/web/characters.h"

#include <pcre2.h>

#include <cassert>
#include <cstdint>

namespace heddle::tools::web {

namespace {

struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
using Code = std::unique_ptr<pcre2_code, Free>;
using MatchData = std::unique_ptr<pcre2_match_data, Free>;

Code compile(std::string_view pattern, std::uint32_t options) {
    int error = 0;
    std::size_t at = 0;
    Code code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | options, &error,
                            &at, nullptr));
    assert(code != nullptr);
    return code;
}

bool is_one_of(const pcre2_code* set, char32_t point) {
    std::string text;
    append_utf8(text, point);
    const MatchData data(pcre2_match_data_create(1, nullptr));
    return pcre2_match(set, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, PCRE2_NO_UTF_CHECK, data.get(),
                       nullptr) > 0;
}

bool is_ascii_letter(char32_t point) {
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') || point == '_';
}

}  // namespace

std::u32string to_code_points(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        char32_t point = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t i = 1; i < length && at + i < text.size(); ++i) {
            point = (point << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3fu);
        }
        out += point;
        at += length;
    }
    return out;
}

void append_utf8(std::string& out, char32_t point) {
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) point = 0xfffd;
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xc0 | (point >> 6));
        tail(0);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xe0 | (point >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xf0 | (point >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::string to_utf8(std::u32string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char32_t point : text) append_utf8(out, point);
    return out;
}

bool is_word(char32_t point) {
    static const Code word = compile(R"(\w)", PCRE2_UCP);
    if (point < 0x80) return is_ascii_letter(point) || (point >= '0' && point <= '9');
    return is_one_of(word.get(), point);
}

bool is_letter(char32_t point) {
    static const Code letter = compile(R"([^\d\W])", PCRE2_UCP);
    if (point < 0x80) return is_ascii_letter(point);
    return is_one_of(letter.get(), point);
}

struct Needle::State {
    Code code;
    MatchData data;
};

Needle::Needle(const std::string& text) : state_(new State{compile(text, PCRE2_LITERAL | PCRE2_CASELESS), nullptr}) {
    state_->data.reset(pcre2_match_data_create(1, nullptr));
}

Needle::~Needle() = default;

std::optional<Needle::Match> Needle::find(std::string_view text, std::size_t from) const {
    const int found = pcre2_match(state_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                                  PCRE2_NO_UTF_CHECK, state_->data.get(), nullptr);
    if (found <= 0) return std::nullopt;
    const std::size_t* const ends = pcre2_get_ovector_pointer(state_->data.get());
    return Match{ends[0], ends[1]};
}

}  // namespace heddle::tools::web
