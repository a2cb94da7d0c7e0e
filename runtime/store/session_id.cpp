// runtime/store/session_id.cpp: Names of sessions: UUIDs of version 7, whose order is the order of their making.
#include "runtime/store/session_id.h"

#include <fmt/core.h>

#include <chrono>
#include <random>

namespace heddle {

std::string new_session_id(std::int64_t now) {
    std::random_device random;
    const auto bits = [&] { return static_cast<std::uint64_t>(random()); };
    const auto ms = static_cast<std::uint64_t>(now / 1000);
    // The microseconds within the millisecond stand before the random bits: names made in one millisecond sort too.
    const auto within = static_cast<std::uint64_t>(now % 1000) * 4096 / 1000;
    const std::uint64_t variant = 0x8000 | (bits() & 0x3fff);
    const std::uint64_t tail = (bits() << 32 | bits()) & 0xffff'ffff'ffff;
    return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16 & 0xffff'ffff, ms & 0xffff, within, variant,
                       tail);
}

std::int64_t now_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace heddle
