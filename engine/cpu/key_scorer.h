// engine/cpu/key_scorer.h: The indexer's scores of queries against pages of keys, and the best of them.
#pragma once

#include <cstdint>

#include "engine/cpu/byte_query.h"
#include "engine/cpu/sparse_kernels.h"
#include "engine/ops/params.h"

namespace heddle::engine {

// A row of the pass that has more keys before it than it may keep.
struct IndexQuery {
    std::int64_t row;
    const Sequence* sequence;
    std::int64_t length;  // how many keys it chooses from
    ByteQuery* bytes;     // its own, to be set where the indexer is quantised
};

// One pass over one layer; safe from several threads.
class KeyScorer {
 public:
    KeyScorer(const SelectParams& params, const SparseKernels& kernels, bool quantised)
        : params_(params), kernels_(kernels), quantised_(quantised) {}

    std::int64_t page_work() const { return std::int64_t{params_.heads} * params_.dim * key_block; }  // multiply-adds

    // Turns and rounds the row's queries and brings all constant factors into its weights, in place.
    void prepare(const IndexQuery& query) const;
    // Scores of the 64 keys of a page, those behind the query too. `next`, where it is a page of the query's, is
    // brought into the cache on the way; none is below zero.
    void score(const IndexQuery& query, std::int64_t page, std::int64_t next, float* scores) const;
    // The best of a query, from what score() gave for all of its pages; returns how many.
    int choose(const IndexQuery& query, const float* scores) const;

 private:
    const SelectParams& params_;
    const SparseKernels& kernels_;
    bool quantised_;
};

}  // namespace heddle::engine
