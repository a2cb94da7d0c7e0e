// engine/cpu/key_scorer.cpp: Prepares queries, scores pages by what they hold, and chooses.
#include "engine/cpu/key_scorer.h"

#include <cmath>

#include "engine/cpu/hadamard.h"
#include "engine/cpu/top_k.h"

namespace heddle::engine {

void KeyScorer::prepare(const IndexQuery& query) const {
    const float constant = 1 / std::sqrt(static_cast<float>(params_.heads) * static_cast<float>(params_.dim));
    float* const q = params_.q.row<float>(query.row);
    float* const weights = params_.weights.row<float>(query.row);
    for (int h = 0; h < params_.heads; ++h) {
        hadamard(q + std::ptrdiff_t{h} * params_.dim, params_.dim);
        weights[h] *= constant;
    }
    if (quantised_) query.bytes->set(q, weights, params_.heads, params_.dim);
}

void KeyScorer::score(const IndexQuery& query, std::int64_t page, std::int64_t next, float* scores) const {
    const CacheView& cache = query.sequence->cache;
    std::byte* const keys = cache.keys(params_.layer, page);
    if (!quantised_) {
        return kernels_.score({.keys = reinterpret_cast<const float*>(keys),
                               .q = params_.q.row<float>(query.row),
                               .weights = params_.weights.row<float>(query.row),
                               .heads = params_.heads,
                               .dim = params_.dim,
                               .scores = scores});
    }
    const bool has_next = next >= 0 && next * page_tokens < query.length;
    kernels_.score_bytes({.keys = keys,
                          .next = has_next ? cache.keys(params_.layer, next) : nullptr,
                          .key_scales = scales_of(keys, params_.dim),
                          .q = query.bytes->q.data(),
                          .offsets = query.bytes->offsets.data(),
                          .weights = query.bytes->weights.data(),
                          .heads = params_.heads,
                          .dim = params_.dim,
                          .scores = scores});
}

int KeyScorer::choose(const IndexQuery& query, const float* scores) const {
    return top_k(kernels_, scores, query.length, params_.top_k, params_.selected + query.row * params_.top_k);
}

}  // namespace heddle::engine
