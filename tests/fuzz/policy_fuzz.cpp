// tests/fuzz/policy_fuzz.cpp: Any bytes as a policy: one Error, or a policy whose rules never widen unasked.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sandbox/error.h"
#include "sandbox/policy_text.h"
#include "sandbox/printable.h"

namespace {

void demand(bool holds) {
    if (!holds) std::abort();
}

bool is_plain(std::string_view text) {
    while (!text.empty()) {
        const auto [code, size, wrong, is_cut] = heddle::sandbox::first_character(text);
        if (size == 0 || heddle::sandbox::invisible(code)) return false;
        if ((code < ' ' && code != '\n') || (code > '~' && code < 0xa0)) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace heddle::sandbox;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const PolicyFile policy = parse_policy(text, {PolicyOrigin::user_config, "/policy.toml", "/ws", "/home/me"});
        const PolicyFile both = tighten(policy, {});
        demand(widens(policy, both).empty() && widens({}, both).empty() && widens(policy, policy).empty());
        for (const auto& rule : policy.rules) {
            demand(widens(policy, policy_for(policy, rule.match, false).policy).empty());
            demand(is_plain(explain(policy, rule.match)) &&
                   is_plain(explain_json(policy, rule.match, true).dump(2, ' ', true)));
        }
        demand(is_plain(explain(policy, {std::string(text)})));
    } catch (const Error& error) {
        demand(is_plain(error.what()) && std::string_view(error.what()).find('\n') == std::string_view::npos);
    }
    return 0;
}
