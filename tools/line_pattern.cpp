// tools/line_pattern.cpp: PCRE2 with limits on its backtracking.
#include "tools/line_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <cstdint>
#include <cstdlib>

#include "tools/error.h"

namespace heddle::tools {

namespace {

constexpr std::uint32_t matches_max = 1'000'000;   // steps in one line: some hundredths of a second
constexpr std::uint32_t heap_kib_max = 32 * 1024;  // for what it has to come back to
constexpr std::size_t expression_bytes_max = 10'000;

}  // namespace

struct LinePattern::Compiled {
    pcre2_code* code = nullptr;
    pcre2_match_data* data = nullptr;
    pcre2_match_context* limits = nullptr;
    ~Compiled() {
        pcre2_match_context_free(limits);
        pcre2_match_data_free(data);
        pcre2_code_free(code);
    }
};

LinePattern::LinePattern(const std::string& expression, bool ignore_case) : compiled_(std::make_unique<Compiled>()) {
    if (expression.size() > expression_bytes_max)
        throw Error(
            fmt::format("the pattern has {} bytes, at most {} are taken", expression.size(), expression_bytes_max));
    constexpr std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    int error = 0;
    PCRE2_SIZE where = 0;
    compiled_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(),
                                    options | (ignore_case ? PCRE2_CASELESS : 0), &error, &where, nullptr);
    if (compiled_->code == nullptr) {
        PCRE2_UCHAR words[256];
        pcre2_get_error_message(error, words, sizeof words);
        throw Error(
            fmt::format("the pattern is no regular expression: {} at byte {}; a backslash makes a character plain",
                        reinterpret_cast<const char*>(words), where));
    }
    compiled_->data = pcre2_match_data_create_from_pattern(compiled_->code, nullptr);
    compiled_->limits = pcre2_match_context_create(nullptr);
    if (compiled_->data == nullptr || compiled_->limits == nullptr) throw Error("no memory for the pattern");
    pcre2_set_match_limit(compiled_->limits, matches_max);
    pcre2_set_heap_limit(compiled_->limits, heap_kib_max);
}

LinePattern::~LinePattern() = default;

bool LinePattern::matches(std::string_view line) const {
    const int found = pcre2_match(compiled_->code, reinterpret_cast<PCRE2_SPTR>(line.data()), line.size(), 0, 0,
                                  compiled_->data, compiled_->limits);
    if (found >= 0) return true;
    if (found == PCRE2_ERROR_NOMATCH) return false;
    throw Error("the pattern takes too long; make it simpler, without repetition within repetition");
}

}  // namespace heddle::tools
