// engine/cpu/key_scorer.h: The indexer's scores of queries against pages of keys, and the best of them.
#pragma once

#include <cstdint>
#include <span>

#include "engine/cpu/quick_query.h"
#include "engine/cpu/screening.h"
#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/params.h"
#include "engine/tensor/buffer.h"

namespace heddle::engine {

// A row of the pass that has more keys before it than it may keep.
struct IndexQuery {
    std::int64_t row;
    const Sequence* sequence;
    std::int64_t length;  // how many keys it chooses from
    QuickQuery* quick;    // its own, to be set
};

// A page's keys, widened to floats and to whole numbers: what a thread keeps from one query to the next.
struct KeyTile {
    Buffer floats, fixed;
    const std::byte* floats_of = nullptr;  // the pages that they are of
    const std::byte* screened = nullptr;   // the page that was screened last: it is what `fixed` holds

    float* widened() { return reinterpret_cast<float*>(floats.data()); }
};

// One pass over one layer; safe from several threads.
class KeyScorer {
 public:
    KeyScorer(const SelectParams& params, const SparseKernels& kernels, bool quantised)
        : params_(params), kernels_(kernels), quantised_(quantised) {}

    std::int64_t page_work() const { return std::int64_t{params_.heads} * params_.dim * key_block; }  // multiply-adds
    KeyTile& tile() const;  // the calling thread's, with room for a page, holding none

    // Turns and rounds the row's queries and brings all constant factors into its weights, in place.
    void prepare(const IndexQuery& query) const;
    // Scores of the 64 keys of a page, those behind the query too; lower bounds of them where there are quick ones.
    // `next`, where it is a page of the query's, is brought into the cache on the way.
    void score(const IndexQuery& query, std::int64_t page, std::int64_t next, KeyTile& tile, float* scores) const;
    // The best of a query, from what score() gave for all of its pages; returns how many.
    int choose(const IndexQuery& query, float* scores, const Share& share, int parts) const;

 private:
    bool is_screened(const IndexQuery& query) const {
        return quantised_ && kernels_.quick != QuickNumbers::none && query.quick->is_usable();
    }
    const float* scales(const IndexQuery& query, std::int64_t page) const;
    void score_exactly(const IndexQuery& query, std::int64_t page, KeyTile& tile, float* scores) const;
    void score_some(const IndexQuery& query, std::span<const int> positions, float* scores) const;
    ScoreArguments arguments(const IndexQuery& query, const float* keys, const float* key_scales, float* scores) const;

    const SelectParams& params_;
    const SparseKernels& kernels_;
    bool quantised_;
};

}  // namespace heddle::engine
