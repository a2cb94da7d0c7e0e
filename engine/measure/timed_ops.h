// engine/measure/timed_ops.h: A back end that keeps a clock on another one: where the time of a pass goes.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/ops/ops.h"

namespace heddle::engine {

enum class OpKind { embed, multiply, norm, add, gather, rope, store, select, attend, gate, route, combine, read };
inline constexpr std::size_t op_kinds = 13;

const char* name_of(OpKind kind);

struct OpTime {
    double seconds = 0;
    std::int64_t calls = 0;
};

// Added to by every call of every pass; one thread at a time may read or clear it, while no pass runs.
struct OpTimes {
    std::array<OpTime, op_kinds> of{};

    OpTime& operator[](OpKind kind) { return of[static_cast<std::size_t>(kind)]; }
    const OpTime& operator[](OpKind kind) const { return of[static_cast<std::size_t>(kind)]; }
    OpTimes& operator+=(const OpTimes& other);
    OpTime total() const;
};

// `inner` does all the work; two readings of the clock a call are what it costs.
std::unique_ptr<Ops> timed(std::unique_ptr<Ops> inner, std::shared_ptr<OpTimes> times);

}  // namespace heddle::engine
