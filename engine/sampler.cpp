// engine/sampler.cpp: Turns logits into one token, by a rule that a seed repeats exactly.
#include "engine/sampler.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/error.h"

namespace heddle::engine {

namespace {

struct Candidate {
    Token token;
    double weight;  // proportional to the probability; the best one has 1
};

bool is_better(const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
}

bool is_allowed(std::span<const std::uint64_t> allowed, std::size_t token) {
    return allowed.empty() || (allowed[token / 64] >> (token % 64) & 1) != 0;
}

// The highest logit that may be chosen, the lowest id among equals; NaN never wins.
std::size_t find_best(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
    std::size_t best = logits.size();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!is_allowed(allowed, i) || !(logits[i] > -INFINITY)) continue;
        if (best == logits.size() || logits[i] > logits[best]) best = i;
    }
    if (best == logits.size() || !std::isfinite(logits[best])) {
        throw Error(
            "Sampling failed: no token that may follow has a finite logit; the weights are damaged or the mask "
            "forbids every token");
    }
    return best;
}

// The logarithm of the probability of `token` at temperature 1, over the whole vocabulary.
float logprob_of(std::span<const float> logits, std::size_t token) {
    double highest = -INFINITY;
    for (const float logit : logits) {
        if (logit > highest) highest = logit;
    }
    double sum = 0;
    for (const float logit : logits) {
        if (logit > -INFINITY) sum += std::exp(logit - highest);
    }
    return static_cast<float>(logits[token] - highest - std::log(sum));
}

// Keeps the fewest of the best candidates that hold `top_p` of the weight, best first. Sorts no more than it must:
// of a vocabulary of a hundred thousand a few dozen usually suffice.
void keep_nucleus(std::vector<Candidate>& candidates, double top_p) {
    double total = 0;
    for (const Candidate& candidate : candidates) total += candidate.weight;
    std::size_t sorted = 0;
    std::size_t kept = 0;
    double held = 0;
    for (std::size_t grow = 64; kept < candidates.size() && held < top_p * total; grow *= 4) {
        const std::size_t end = std::min(candidates.size(), sorted + grow);
        const auto begin = candidates.begin();
        std::partial_sort(begin + std::ptrdiff_t(sorted), begin + std::ptrdiff_t(end), candidates.end(), is_better);
        for (sorted = end; kept < sorted && held < top_p * total; ++kept) held += candidates[kept].weight;
    }
    candidates.resize(std::max<std::size_t>(kept, 1));
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) : options_(options), random_(options.seed) {
    // Written so that NaN is refused too.
    if (!(options.temperature >= 0) || !std::isfinite(options.temperature)) {
        throw Error(fmt::format("The sampler's temperature is {}; it must be 0 (greedy) or more", options.temperature));
    }
    if (!(options.top_p > 0 && options.top_p <= 1)) {
        throw Error(fmt::format("The sampler's top_p is {}; it must be above 0 and at most 1", options.top_p));
    }
    if (!(options.min_p >= 0 && options.min_p < 1)) {
        throw Error(fmt::format("The sampler's min_p is {}; it must be at least 0 and below 1", options.min_p));
    }
}

Sample Sampler::sample(std::span<const float> logits, std::span<const std::uint64_t> allowed) {
    ENGINE_CHECK(!logits.empty());
    ENGINE_CHECK(allowed.empty() || allowed.size() * 64 >= logits.size());
    const std::size_t best = find_best(logits, allowed);
    if (options_.temperature == 0) return {static_cast<Token>(best), logprob_of(logits, best)};

    std::vector<Candidate> candidates;
    candidates.reserve(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (!is_allowed(allowed, i) || !(logits[i] > -INFINITY)) continue;
        const double weight = std::exp((double(logits[i]) - logits[best]) / options_.temperature);
        if (weight >= options_.min_p && weight > 0) candidates.push_back({static_cast<Token>(i), weight});
    }
    if (options_.top_p < 1) keep_nucleus(candidates, options_.top_p);

    // Our own map from bits to [0, 1): the one of the standard library differs between implementations.
    const double uniform = double(random_() >> 11) * 0x1p-53;
    double total = 0;
    for (const Candidate& candidate : candidates) total += candidate.weight;
    double left = uniform * total;
    for (const Candidate& candidate : candidates) {
        left -= candidate.weight;
        if (left < 0) return {candidate.token, logprob_of(logits, std::size_t(candidate.token))};
    }
    const Token last = candidates.back().token;  // rounding ate the last crumb
    return {last, logprob_of(logits, std::size_t(last))};
}

}  // namespace heddle::engine
