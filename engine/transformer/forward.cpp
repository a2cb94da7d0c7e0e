// engine/transformer/forward.cpp: Embed, then attention and feed-forward a layer, then the head.
#include "engine/transformer/forward.h"

namespace heddle::engine {

bool forward(const Pass& pass, std::span<const Token> tokens, const KvCache& cache, const SelectionObserver& observer,
             const std::stop_token& stop) {
    const auto count = static_cast<std::int64_t>(tokens.size());
    Scratch& scratch = pass.scratch;
    ENGINE_CHECK(count > 0 && count <= scratch.tokens);
    const Rows x = scratch.x.first_rows(count);
    const Rows normed = scratch.normed.first_rows(count);
    const auto angles = static_cast<std::size_t>(count * pass.config.rope / 2);
    pass.rope.angles(cache.length(), std::span(scratch.cosines).first(angles), std::span(scratch.sines).first(angles));

    pass.ops.embed(*pass.model.embedding, tokens, x);
    for (int layer = 0; layer < pass.config.layers; ++layer) {
        if (stop.stop_requested()) return false;
        const LayerWeights& weights = pass.model.layers[static_cast<std::size_t>(layer)];
        pass.ops.norm({.x = x, .weight = weights.input_norm.get(), .eps = pass.config.rms_eps, .out = normed});
        attention(pass, weights.attention, layer, count, cache);
        pass.ops.add(x, scratch.update.first_rows(count));
        for (std::int64_t t = 0; observer && t < count; ++t) {
            const auto selected = std::span(scratch.selected).subspan(static_cast<std::size_t>(t * pass.top_k));
            observer(layer, cache.length() + t,
                     selected.first(static_cast<std::size_t>(scratch.counts[static_cast<std::size_t>(t)])));
        }

        pass.ops.norm({.x = x, .weight = weights.post_norm.get(), .eps = pass.config.rms_eps, .out = normed});
        if (layer < pass.config.dense_layers) {
            dense_mlp(pass, weights.dense, count);
        } else {
            mixture_of_experts(pass, weights.moe, count);
        }
    }
    return true;
}

void read_logits(const Pass& pass, std::int64_t row, std::span<float> out) {
    const Scratch& scratch = pass.scratch;
    pass.ops.norm({.x = scratch.x.slice_rows(row, 1),
                   .weight = pass.model.final_norm.get(),
                   .eps = pass.config.rms_eps,
                   .out = scratch.last});
    const Product head{.x = scratch.last, .weight = pass.model.head.get(), .out = scratch.logits};
    pass.ops.multiply({&head, 1});
    pass.ops.read(scratch.logits, out);
}

}  // namespace heddle::engine
