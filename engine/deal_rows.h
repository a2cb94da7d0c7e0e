// engine/deal_rows.h: Shares the rows of one pass out among those who wait for them.
#pragma once

#include <cstdint>
#include <span>

namespace heddle::engine {

// `wanted` and `dealt` [waiting]: tokens that each one still wants, at least 1, longest waiting first; and how many of
// them go into the next pass, `rows_max` at most together. The first gets a row whatever the others want, so that
// nobody starves; then whoever wants a single token, a step, gets it; what is left goes to the longer ones in turn.
void deal_rows(std::span<const std::int64_t> wanted, std::int64_t rows_max, std::span<std::int64_t> dealt);

}  // namespace heddle::engine
