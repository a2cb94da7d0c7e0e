// engine/deal_rows.cpp: Steps before prefill, and nobody waits for ever.
#include "engine/deal_rows.h"

#include <algorithm>

#include "engine/error.h"

namespace heddle::engine {

void deal_rows(std::span<const std::int64_t> wanted, std::int64_t rows_max, std::span<std::int64_t> dealt) {
    ENGINE_CHECK(wanted.size() == dealt.size() && rows_max >= 1);
    std::ranges::fill(dealt, 0);
    if (wanted.empty()) return;
    std::int64_t left = rows_max - 1;
    dealt[0] = 1;
    for (std::size_t i = 1; i < wanted.size() && left > 0; ++i) {
        if (wanted[i] != 1) continue;
        dealt[i] = 1;
        --left;
    }
    for (std::size_t i = 0; i < wanted.size() && left > 0; ++i) {
        const std::int64_t more = std::min(wanted[i] - dealt[i], left);
        dealt[i] += more;
        left -= more;
    }
}

}  // namespace heddle::engine
