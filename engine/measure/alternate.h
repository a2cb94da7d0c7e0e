// engine/measure/alternate.h: Times several things in turn with a probe on each side, and drops disturbed rounds.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace heddle::engine {

struct Round {
    std::vector<double> seconds;  // one an act
    double probe = 0;             // the mean of the two around it
};

struct Rounds {
    std::vector<Round> rounds;
    int discarded = 0;
    bool noisy = false;  // there were not enough calm ones: all that were run are here
};

// An act returns how long the part of it took that counts. On a shared machine two readings compare only when the
// machine was the same for both, which is what the probes are for: a round whose probes differ by more than
// `probes_apart_max` is run again, up to three times as many in all. Nothing when stopped.
inline constexpr double probes_apart_max = 0.15;
std::optional<Rounds> alternate(std::span<const std::function<double()>> acts, const std::function<double()>& probe,
                                int wanted, const std::stop_token& stop);

}  // namespace heddle::engine
