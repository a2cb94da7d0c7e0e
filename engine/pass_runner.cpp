// engine/pass_runner.cpp: Lays the rows of several timelines side by side, and takes the results apart again.
#include "engine/pass_runner.h"

#include <algorithm>
#include <functional>

namespace heddle::engine {

PassRunner::PassRunner(const Engine::State& parts)
    : parts_(parts),
      scratch_(*parts.ops, parts.config, parts.top_k, parts.pass_rows(), parts.timeline_tokens_max()),
      pass_{parts.config, parts.model, *parts.rope, parts.top_k, parts.options.dense, *parts.ops, scratch_} {
    const auto rows = static_cast<std::size_t>(scratch_.tokens);
    works_.reserve(rows);
    sequences_.reserve(rows);
    tokens_.reserve(rows);
    uses_.reserve(rows * static_cast<std::size_t>(parts.config.layers));
    wanted_.reserve(rows);
    rows_.reserve(static_cast<std::size_t>(logits_rows_max));
    out_.reserve(static_cast<std::size_t>(logits_rows_max));
}

void PassRunner::run(std::span<Work* const> works) {
    lay_out(works);
    if (works_.empty()) return;
    try {
        const bool holds = evaluate();
        for (std::size_t i = 0; i < works_.size(); ++i) {
            if (holds && !works_[i]->failure) keep(i);
        }
        if (holds) read_logits_of_pass();
    } catch (...) {
        for (Work* work : works_) work->failure = std::current_exception();
    }
    for (Work* work : works_) work->timeline->cache.truncate(work->timeline->cache.length());  // rows reserved in vain
}

// Timelines whose page tables begin alike become neighbours, so that the indexer reads the pages which they share once
// for all of them.
bool PassRunner::stands_before(const Work* a, const Work* b) {
    const auto table = [](const Work& work) {
        const std::int64_t length = work.timeline->cache.length() + work.rows;
        return std::span(work.timeline->cache.view().pages,
                         static_cast<std::size_t>((length + page_tokens - 1) / page_tokens));
    };
    return std::ranges::lexicographical_compare(table(*a), table(*b), std::less<const std::byte*>(), &PagePlace::rows,
                                                &PagePlace::rows);
}

// Reserves the rows; whoever gets none is out.
void PassRunner::lay_out(std::span<Work* const> works) {
    works_.clear();
    sequences_.clear();
    tokens_.clear();
    for (Work* work : works) {
        ENGINE_CHECK(work->rows >= 1 && work->rows <= static_cast<std::int64_t>(work->rest.size()));
        try {
            work->timeline->cache.reserve(work->rows);
        } catch (...) {
            work->failure = std::current_exception();
            continue;
        }
        works_.push_back(work);
    }
    std::ranges::sort(works_, stands_before);
    for (const Work* work : works_) {
        const auto chunk = work->rest.first(static_cast<std::size_t>(work->rows));
        const KvCache& cache = work->timeline->cache;
        sequences_.push_back({cache.view(), cache.length(), static_cast<std::int64_t>(tokens_.size()), work->rows});
        tokens_.insert(tokens_.end(), chunk.begin(), chunk.end());
    }
}

// Whether the rows now hold something: not when everybody in the pass was stopped meanwhile.
bool PassRunner::evaluate() {
    uses_.assign(works_.size() * static_cast<std::size_t>(parts_.config.layers), {});
    Batch batch{.tokens = tokens_, .sequences = sequences_, .uses = uses_, .observer = {}, .is_stopped = {}};
    batch.is_stopped = [this] {
        return std::ranges::all_of(works_, [](const Work* work) { return work->stop.stop_requested(); });
    };
    if (std::ranges::any_of(works_, [](const Work* work) { return bool(work->timeline->observer.selected); })) {
        batch.observer = [this](std::size_t i, int layer, std::int64_t position, std::span<const int> positions) {
            Work& work = *works_[i];
            if (!work.timeline->observer.selected || work.failure) return;
            try {
                work.timeline->observer.selected(layer, position, positions);
            } catch (...) {
                work.failure = std::current_exception();
            }
        };
    }
    return forward(pass_, batch);
}

void PassRunner::keep(std::size_t sequence) {
    Work& work = *works_[sequence];
    const auto rows = static_cast<std::size_t>(work.rows);
    work.timeline->append(work.rest.first(rows));
    work.rest = work.rest.subspan(rows);
    work.evaluated += work.rows;
    ++work.passes;
    std::vector<AttentionUse>& attention = work.timeline->attention;
    const auto uses = std::span(uses_).subspan(sequence * attention.size(), attention.size());
    for (std::size_t layer = 0; layer < attention.size(); ++layer) attention[layer] += uses[layer];
}

void PassRunner::deliver(const Wanted& wanted, std::span<const float> logits) {
    Work& work = *works_[wanted.sequence];
    const Sequence& sequence = sequences_[wanted.sequence];
    Timeline::State& timeline = *work.timeline;
    if (timeline.observer.logits) {
        if (work.failure) return;
        try {
            timeline.observer.logits(position_of(sequence, wanted.row), logits);
        } catch (...) {
            work.failure = std::current_exception();
            return;
        }
    }
    if (!work.rest.empty() || wanted.row != sequence.first_row + sequence.rows - 1) return;
    if (logits.data() != timeline.logits.data()) std::ranges::copy(logits, timeline.logits.begin());
    timeline.has_logits = true;
}

// Each timeline that has all its tokens gets its logits; an observer is shown those of every position.
void PassRunner::read_logits_of_pass() {
    wanted_.clear();
    for (std::size_t i = 0; i < works_.size(); ++i) {
        const Work& work = *works_[i];
        if (work.failure) continue;
        const Sequence& sequence = sequences_[i];
        const bool all = bool(work.timeline->observer.logits);
        for (std::int64_t row = all ? 0 : sequence.rows - 1; row < sequence.rows; ++row) {
            if (all || work.rest.empty()) wanted_.push_back({i, static_cast<int>(sequence.first_row + row)});
        }
    }
    const auto vocab = static_cast<std::size_t>(parts_.config.vocab);
    for (std::span<const Wanted> rest = wanted_; !rest.empty();) {
        const auto block = rest.first(std::min(rest.size(), static_cast<std::size_t>(scratch_.last.rows)));
        rest = rest.subspan(block.size());
        rows_.clear();
        out_.clear();
        for (const Wanted& wanted : block) {
            Timeline::State& timeline = *works_[wanted.sequence]->timeline;
            if (timeline.observer.logits) shown_.resize(static_cast<std::size_t>(scratch_.last.rows) * vocab);
            out_.push_back(timeline.observer.logits ? std::span(shown_).subspan(rows_.size() * vocab, vocab)
                                                    : std::span(timeline.logits));
            rows_.push_back(wanted.row);
        }
        read_logits(pass_, rows_, out_);
        for (std::size_t i = 0; i < block.size(); ++i) deliver(block[i], out_[i]);
    }
}

}  // namespace heddle::engine
