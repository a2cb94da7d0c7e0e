// engine/measure/alternate.cpp: Probe, each act once, probe again.
#include "engine/measure/alternate.h"

#include <algorithm>
#include <utility>

namespace heddle::engine {

std::optional<Rounds> alternate(std::span<const std::function<double()>> acts, const std::function<double()>& probe,
                                int wanted, const std::stop_token& stop) {
    constexpr int tries_each = 3;
    Rounds calm;
    std::vector<Round> disturbed;
    for (int i = 0; i < tries_each * wanted && static_cast<int>(calm.rounds.size()) < wanted; ++i) {
        Round round;
        const double before = probe();
        for (const auto& act : acts) {
            round.seconds.push_back(act());
            if (stop.stop_requested()) return std::nullopt;
        }
        const double after = probe();
        round.probe = (before + after) / 2;
        const bool is_calm = std::max(before, after) <= std::min(before, after) * (1 + probes_apart_max);
        (is_calm ? calm.rounds : disturbed).push_back(std::move(round));
    }
    calm.discarded = static_cast<int>(disturbed.size());
    calm.noisy = static_cast<int>(calm.rounds.size()) < wanted;
    if (calm.noisy) {
        calm.discarded = 0;
        calm.rounds.insert(calm.rounds.end(), disturbed.begin(), disturbed.end());
    }
    return calm;
}

}  // namespace heddle::engine
