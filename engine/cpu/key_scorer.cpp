// engine/cpu/key_scorer.cpp: Prepares queries, widens pages once for all who need them, and chooses.
#include "engine/cpu/key_scorer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/cpu/hadamard.h"
#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

constexpr std::size_t keys_ahead = 2;  // that are on their way while one is gathered
constexpr float widened_share = 256;   // widened keys are a 256th of what they stand for

const std::uint8_t* bytes_of(const std::byte* keys) {
    return reinterpret_cast<const std::uint8_t*>(keys);
}

}  // namespace

KeyTile& KeyScorer::tile() const {
    thread_local KeyTile own;
    const auto elements = static_cast<std::size_t>(params_.dim) * key_block;
    if (own.floats.bytes() < elements * sizeof(float)) own.floats = Buffer(host_device(), elements * sizeof(float));
    if (own.fixed.bytes() < elements * sizeof(std::int16_t)) {
        own.fixed = Buffer(host_device(), elements * sizeof(std::int16_t));
    }
    own.floats_of = own.screened = nullptr;  // pages change from one pass to the next
    return own;
}

// A query's scale moves into the weight of its head: relu(scale * x) = scale * relu(x).
void KeyScorer::prepare(const IndexQuery& query) const {
    const float constant = 1 / std::sqrt(static_cast<float>(params_.heads) * static_cast<float>(params_.dim));
    float* const q = params_.q.row<float>(query.row);
    float* const weights = params_.weights.row<float>(query.row);
    for (int h = 0; h < params_.heads; ++h) {
        hadamard(q + std::ptrdiff_t{h} * params_.dim, params_.dim);
        weights[h] *= constant;
        if (quantised_) weights[h] *= quantise(q + std::ptrdiff_t{h} * params_.dim, params_.dim);
    }
    if (!quantised_) return;
    if (kernels_.quick != QuickNumbers::none) {
        query.quick->set(kernels_.quick, q, weights, params_.heads, params_.dim);
    }
    for (int h = 0; h < params_.heads; ++h) weights[h] *= widened_share;
}

const float* KeyScorer::scales(const IndexQuery& query, std::int64_t page) const {
    return scales_of(query.sequence->cache.keys(params_.layer, page), params_.dim);
}

ScoreArguments KeyScorer::arguments(const IndexQuery& query, const float* keys, const float* key_scales,
                                    float* scores) const {
    return {.keys = keys,
            .key_scales = key_scales,
            .q = params_.q.row<float>(query.row),
            .weights = params_.weights.row<float>(query.row),
            .heads = params_.heads,
            .dim = params_.dim,
            .scores = scores};
}

void KeyScorer::score(const IndexQuery& query, std::int64_t page, std::int64_t next, KeyTile& tile,
                      float* scores) const {
    if (!is_screened(query)) return score_exactly(query, page, tile, scores);
    const std::byte* const keys = query.sequence->cache.keys(params_.layer, page);
    auto* const fixed = reinterpret_cast<std::int16_t*>(tile.fixed.data());
    const bool is_first = tile.screened != keys, is_whole = kernels_.quick == QuickNumbers::whole;
    if (is_first && is_whole) kernels_.widen_keys_fixed(bytes_of(keys), params_.dim, fixed);
    tile.screened = keys;
    const bool has_next = next >= 0 && next * page_tokens < query.length;
    kernels_.screen({.keys = is_whole ? static_cast<const void*>(fixed) : keys,
                     .next = is_first && has_next ? query.sequence->cache.keys(params_.layer, next) : nullptr,
                     .key_scales = scales(query, page),
                     .q = query.quick->q.data(),
                     .weights = query.quick->weights.data(),
                     .error = query.quick->error,
                     .heads = params_.heads,
                     .dim = params_.dim,
                     .lowest = scores});
}

void KeyScorer::score_exactly(const IndexQuery& query, std::int64_t page, KeyTile& tile, float* scores) const {
    const std::byte* const keys = query.sequence->cache.keys(params_.layer, page);
    if (!quantised_) return kernels_.score(arguments(query, reinterpret_cast<const float*>(keys), nullptr, scores));
    if (tile.floats_of != keys) kernels_.widen_keys(bytes_of(keys), params_.dim, tile.widened());
    tile.floats_of = keys;
    kernels_.score(arguments(query, tile.widened(), scales(query, page), scores));
}

// Up to 64 keys from anywhere, side by side as if they were a page's.
void KeyScorer::score_some(const IndexQuery& query, std::span<const int> positions, float* scores) const {
    thread_local std::vector<std::byte> gathered;  // keeps its size
    const std::size_t pairs = static_cast<std::size_t>(params_.dim) / 2, count = positions.size();
    gathered.resize(pairs * 2 * key_block);
    KeyTile& own = tile();
    const auto key_of = [&](int position) {
        return query.sequence->cache.keys(params_.layer, position / page_tokens) + 2 * (position % page_tokens);
    };
    float key_scales[key_block] = {}, block_scores[key_block];
    for (std::size_t i = 0; i < count; ++i) {
        const std::byte* const keys = key_of(positions[i]);
        const std::byte* const soon = key_of(positions[std::min(i + keys_ahead, count - 1)]);
        key_scales[i] = scales(query, positions[i] / page_tokens)[positions[i] % page_tokens];
        for (std::size_t p = 0; p < pairs; ++p) {
            __builtin_prefetch(soon + p * key_block * 2);
            std::memcpy(gathered.data() + (p * key_block + i) * 2, keys + p * key_block * 2, 2);
        }
    }
    kernels_.widen_keys(bytes_of(gathered.data()), params_.dim, own.widened());
    kernels_.score(arguments(query, own.widened(), key_scales, block_scores));
    std::copy_n(block_scores, count, scores);
}

int KeyScorer::choose(const IndexQuery& query, float* scores, const Share& share, int parts) const {
    int* const selected = params_.selected + query.row * params_.top_k;
    if (is_screened(query)) {
        const QuickScores quick{{scores, static_cast<std::size_t>(query.length)},
                                query.quick->error,
                                [&](std::int64_t page) { return scales(query, page); }};
        const bool is_chosen = choose_screened(
            kernels_, quick, params_.top_k,
            [&](std::span<const int> positions, float* exact) { score_some(query, positions, exact); }, share, parts,
            selected);
        if (is_chosen) return params_.top_k;
        KeyTile& own = tile();
        for (std::int64_t page = 0; page * page_tokens < query.length; ++page) {
            score_exactly(query, page, own, scores + page * page_tokens);
        }
    }
    return top_k(kernels_, scores, query.length, params_.top_k, selected);
}

}  // namespace heddle::engine
