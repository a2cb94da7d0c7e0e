// engine/tokenizer/split_pattern.cpp: Owns a compiled pattern and runs it over text, match by match.
#include "engine/tokenizer/split_pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/core.h>
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "engine/error.h"
#include "engine/io/file.h"

namespace heddle::engine {

namespace {

std::string message_of(int error) {
    std::array<PCRE2_UCHAR, 256> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

template <auto release>
struct Releaser {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};
using Code = std::unique_ptr<pcre2_code, Releaser<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Releaser<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Releaser<pcre2_match_context_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Releaser<pcre2_jit_stack_free>>;

}  // namespace

struct MatchSpace::Parts {
    MatchData data{pcre2_match_data_create(1, nullptr)};
    MatchContext context{pcre2_match_context_create(nullptr)};
    JitStack stack{pcre2_jit_stack_create(std::size_t{32} << 10, std::size_t{8} << 20, nullptr)};
};

MatchSpace::MatchSpace() : parts_(std::make_unique<Parts>()) {
    pcre2_jit_stack_assign(parts_->context.get(), nullptr, parts_->stack.get());
}

MatchSpace::~MatchSpace() = default;

struct SplitPattern::Compiled {
    Code code;
    std::string place, source;
};

SplitPattern::SplitPattern(const std::string& pattern, const std::string& place)
    : compiled_(std::make_unique<Compiled>()) {
    const std::string translated = to_pcre2(pattern, place);
    int error = 0;
    PCRE2_SIZE offset = 0;
    compiled_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                                        PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, nullptr));
    if (compiled_->code == nullptr) {
        throw Error(fmt::format("cannot load {}: its pattern {} does not compile: {}", place, in_quotes(pattern),
                                message_of(error)));
    }
    std::uint32_t matches_empty = 0;
    pcre2_pattern_info(compiled_->code.get(), PCRE2_INFO_MATCHEMPTY, &matches_empty);
    if (matches_empty != 0) {
        throw Error(fmt::format("cannot load {}: its pattern {} can match nothing, so that it cuts anywhere", place,
                                in_quotes(pattern)));
    }
    (void)pcre2_jit_compile(compiled_->code.get(), PCRE2_JIT_COMPLETE);  // without it pcre2_match interprets
    compiled_->place = place;
    compiled_->source = pattern;
}

SplitPattern::SplitPattern(SplitPattern&&) noexcept = default;
SplitPattern& SplitPattern::operator=(SplitPattern&&) noexcept = default;
SplitPattern::~SplitPattern() = default;

void SplitPattern::split(std::string_view text, MatchSpace& space,
                         const std::function<void(std::string_view)>& piece) const {
    // A run of a million spaces may be backed out of, step by step; more than a few passes over the text are no split.
    constexpr std::size_t steps_least = 1'000'000, steps_a_byte = 64;
    const std::size_t steps = std::min<std::size_t>(steps_least + steps_a_byte * text.size(), UINT32_MAX);
    auto* context = space.parts_->context.get();
    auto* data = space.parts_->data.get();
    pcre2_set_match_limit(context, static_cast<std::uint32_t>(steps));
    std::size_t done = 0;
    while (done < text.size()) {
        const int found = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                      done, PCRE2_NO_UTF_CHECK, data, context);
        if (found == PCRE2_ERROR_NOMATCH) break;
        if (found < 0) {
            throw Error(fmt::format("cannot split text with the pattern {} of {}: {}", in_quotes(compiled_->source),
                                    compiled_->place, message_of(found)));
        }
        // Taken before the callback, which may split further in the same space.
        const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data);
        const std::size_t begin = range[0], end = range[1];
        ENGINE_CHECK(begin >= done && end > begin);  // no pattern here matches nothing or resets its start
        if (begin > done) piece(text.substr(done, begin - done));
        piece(text.substr(begin, end - begin));
        done = end;
    }
    if (done < text.size()) piece(text.substr(done));
}

}  // namespace heddle::engine
