// engine/cpu/cpu_select.cpp: Scores the indexer's keys for each query and keeps the best.
#include <algorithm>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/key_scorer.h"
#include "engine/cpu/top_k.h"

namespace heddle::engine {

namespace {

static_assert(key_block == page_tokens);

constexpr int queries_of_task = 8;              // that go over a page while it is in the first cache
constexpr std::int64_t work_of_task = 1 << 22;  // multiply-adds at most: none has long to wait for another's last
constexpr std::int64_t tasks_of_thread = 4;     // at least, where there are so many pages

std::int64_t pages_for(std::int64_t tokens) {
    return (tokens + page_tokens - 1) / page_tokens;
}

// Queries with no more than top_k keys before them take all of those: there is nothing to choose. The others go to
// `queries`.
void take_all(const SelectParams& params, std::vector<IndexQuery>& queries) {
    queries.clear();
    for (const Sequence& sequence : params.sequences) {
        for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.rows; ++row) {
            const std::int64_t length = position_of(sequence, row) + 1;
            if (length > params.top_k) {
                queries.push_back({row, &sequence, length, nullptr});
                continue;
            }
            int* const selected = params.selected + row * params.top_k;
            for (std::int64_t i = 0; i < length; ++i) selected[i] = static_cast<int>(i);
            params.counts[row] = static_cast<int>(length);
        }
    }
}

// As many queries as their scores have room, at least one; `stride` becomes what each one's take.
std::span<const IndexQuery> block_of(std::span<const IndexQuery> queries, std::int64_t room, std::int64_t& stride) {
    stride = 0;
    std::size_t count = 0;
    for (; count < queries.size(); ++count) {
        const std::int64_t wider = std::max(stride, pages_for(queries[count].length) * page_tokens);
        if (count > 0 && wider * static_cast<std::int64_t>(count + 1) > room) break;
        stride = wider;
    }
    return queries.first(count);
}

}  // namespace

// Neighbouring queries go over the same pages together. They need not be one sequence's: forks have pages in common.
void CpuOps::score_keys(const KeyScorer& scorer, std::span<const IndexQuery> queries, float* scores,
                        std::int64_t stride) {
    const std::int64_t pages = stride / page_tokens;
    const auto count = static_cast<std::int64_t>(queries.size());
    const std::int64_t page_work = scorer.page_work() * std::min<std::int64_t>(count, queries_of_task);
    const std::int64_t query_tasks = (count + queries_of_task - 1) / queries_of_task;
    const std::int64_t pages_of_task = std::max<std::int64_t>(
        std::min(work_of_task / page_work, pages * query_tasks / (tasks_of_thread * pool_.threads())), 1);
    const std::int64_t page_tasks = (pages + pages_of_task - 1) / pages_of_task;
    pool_.run(page_tasks * query_tasks, [&](std::int64_t task) {
        const std::int64_t first = task / page_tasks * queries_of_task;
        const std::int64_t last = std::min(first + queries_of_task, count);
        const std::int64_t page = task % page_tasks * pages_of_task;
        const std::int64_t end = std::min(page + pages_of_task, pages);
        const std::int64_t likely = task - pool_.threads();  // for this thread: the last tasks are taken first
        for (std::int64_t p = page; p < end; ++p) {
            std::int64_t next = p + 1 < end ? p + 1 : likely % page_tasks * pages_of_task;  // or below zero
            for (std::int64_t i = first; i < last; ++i) {
                const IndexQuery& query = queries[static_cast<std::size_t>(i)];
                if (p >= pages_for(query.length)) continue;
                scorer.score(query, p, next, scores + i * stride + p * page_tokens);
                next = -1;  // the first to come asks for it
            }
        }
    });
}

void CpuOps::select(const SelectParams& params) {
    thread_local std::vector<IndexQuery> room;  // both keep their size
    thread_local std::vector<ByteQuery> bytes;
    take_all(params, room);
    if (bytes.size() < room.size()) bytes.resize(room.size());
    for (std::size_t i = 0; i < room.size(); ++i) room[i].bytes = &bytes[i];
    const std::span<const IndexQuery> queries = room;
    const KeyScorer scorer(params, *kernels_.sparse, quantised_indexer_);
    each_row(std::ssize(queries), std::int64_t{params.heads} * params.dim * 16,
             [&](std::int64_t i) { scorer.prepare(queries[static_cast<std::size_t>(i)]); });
    float* const scores = params.scores.row<float>(0);
    for (std::span<const IndexQuery> left = queries; !left.empty();) {
        std::int64_t stride = 0;
        const std::span<const IndexQuery> block = block_of(left, params.scores.columns, stride);
        left = left.subspan(block.size());
        score_keys(scorer, block, scores, stride);
        each_row(std::ssize(block), stride, [&](std::int64_t i) {
            const IndexQuery& query = block[static_cast<std::size_t>(i)];
            params.counts[query.row] = scorer.choose(query, scores + i * stride);
        });
    }
}

}  // namespace heddle::engine
