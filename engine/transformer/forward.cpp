// engine/transformer/forward.cpp: Embed, then attention and feed-forward a layer, then the head.
#include "engine/transformer/forward.h"

#include <numeric>
#include <vector>

namespace heddle::engine {

namespace {

void fill_angles(const Pass& pass, std::span<const Sequence> sequences) {
    const auto half = static_cast<std::size_t>(pass.config.rope / 2);
    Scratch& scratch = pass.scratch;
    for (const Sequence& sequence : sequences) {
        const std::size_t first = static_cast<std::size_t>(sequence.first_row) * half;
        const std::size_t count = static_cast<std::size_t>(sequence.rows) * half;
        pass.rope.angles(sequence.position, std::span(scratch.cosines).subspan(first, count),
                         std::span(scratch.sines).subspan(first, count));
    }
}

std::span<const int> selected_by(const Pass& pass, std::int64_t row) {
    return {pass.scratch.selected.data() + row * pass.top_k,
            static_cast<std::size_t>(pass.scratch.counts[static_cast<std::size_t>(row)])};
}

// What the rows of a sequence attended to in this layer: into its report, and to whoever looks on.
void report_attention(const Pass& pass, const Batch& batch, std::size_t index, int layer) {
    const Sequence& sequence = batch.sequences[index];
    AttentionUse use;
    std::vector<int> all;  // an observer of dense attention is told every position
    if (pass.dense && batch.observer) {
        all.resize(static_cast<std::size_t>(sequence.position + sequence.rows));
        std::iota(all.begin(), all.end(), 0);
    }
    for (std::int64_t row = sequence.first_row; row < sequence.first_row + sequence.rows; ++row) {
        const std::int64_t position = position_of(sequence, row);
        const std::int64_t count = pass.dense ? position + 1 : pass.scratch.counts[static_cast<std::size_t>(row)];
        ++(count == position + 1 ? use.rows_dense : use.rows_sparse);
        use.positions += count;
        // Where a token had no choice, being selected says nothing about a position.
        if (count <= position) sequence.cache.count_uses(layer, selected_by(pass, row));
        if (!batch.observer) continue;
        const int* selected = pass.dense ? all.data() : pass.scratch.selected.data() + row * pass.top_k;
        batch.observer(index, layer, position, {selected, static_cast<std::size_t>(count)});
    }
    batch.uses[index * static_cast<std::size_t>(pass.config.layers) + static_cast<std::size_t>(layer)] = use;
}

}  // namespace

bool forward(const Pass& pass, const Batch& batch) {
    const auto count = static_cast<std::int64_t>(batch.tokens.size());
    Scratch& scratch = pass.scratch;
    ENGINE_CHECK(count > 0 && count <= scratch.tokens);
    const Rows x = scratch.x.first_rows(count);
    const Rows normed = scratch.normed.first_rows(count);
    fill_angles(pass, batch.sequences);

    pass.ops.embed(*pass.model.embedding, batch.tokens, x);
    for (int layer = 0; layer < pass.config.layers; ++layer) {
        if (batch.is_stopped && batch.is_stopped()) return false;
        const LayerWeights& weights = pass.model.layers[static_cast<std::size_t>(layer)];
        pass.ops.norm({.x = x, .weight = weights.input_norm.get(), .eps = pass.config.rms_eps, .out = normed});
        attention(pass, weights.attention, layer, count, batch.sequences);
        pass.ops.add(x, scratch.update.first_rows(count));
        for (std::size_t i = 0; i < batch.sequences.size(); ++i) report_attention(pass, batch, i, layer);

        pass.ops.norm({.x = x, .weight = weights.post_norm.get(), .eps = pass.config.rms_eps, .out = normed});
        if (layer < pass.config.dense_layers) {
            dense_mlp(pass, weights.dense, count);
        } else {
            mixture_of_experts(pass, weights.moe, count);
        }
    }
    return true;
}

void read_logits(const Pass& pass, std::span<const int> rows, std::span<const std::span<float>> out) {
    ENGINE_CHECK(rows.size() == out.size());
    const auto count = static_cast<std::int64_t>(rows.size());
    const Rows last = pass.scratch.last.first_rows(count);
    const Rows logits = pass.scratch.logits.first_rows(count);
    pass.ops.gather(pass.scratch.x, rows.data(), last);
    pass.ops.norm({.x = last, .weight = pass.model.final_norm.get(), .eps = pass.config.rms_eps, .out = last});
    const Product head{.x = last, .weight = pass.model.head.get(), .out = logits};
    pass.ops.multiply({&head, 1});
    for (std::int64_t i = 0; i < count; ++i) pass.ops.read(logits.slice_rows(i, 1), out[static_cast<std::size_t>(i)]);
}

}  // namespace heddle::engine
