// engine/transformer/attention.cpp: Latent attention: project, store, let the indexer select, attend to the selection.
#include "engine/transformer/forward.h"

namespace heddle::engine {

namespace {

constexpr double inner_eps = 1e-6;  // the vendor's norms inside attention do not follow rms_norm_eps

struct Dims {
    int heads, nope, rope, head, width;  // head: nope + rope; width: a cached row

    explicit Dims(const ModelConfig& config)
        : heads(config.heads), nope(config.nope), rope(config.rope), head(nope + rope), width(row_width(config)) {}
};

// From the normed input to queries, the latent row and the indexer's queries, key and weights, none rotated yet. Dense
// attention asks the indexer nothing, so there only its key is made, for the cache.
void project(const Pass& pass, const AttentionWeights& weights, std::int64_t tokens) {
    const Scratch& s = pass.scratch;
    const Rows normed = s.normed.first_rows(tokens);
    const Rows q_latent = s.q_latent.first_rows(tokens);
    const Rows index_k = s.index_k.first_rows(tokens);
    const Product down[] = {{normed, weights.q_down.get(), q_latent},
                            {normed, weights.kv_down.get(), s.kv.first_rows(tokens)},
                            {normed, weights.index_k.get(), index_k},
                            {normed, weights.index_weights.get(), s.index_w.first_rows(tokens)}};
    pass.ops.multiply(std::span(down).first(pass.dense ? 3 : 4));
    pass.ops.norm({.x = q_latent, .weight = weights.q_norm.get(), .eps = inner_eps, .out = q_latent});
    pass.ops.norm({.x = s.kv.first_rows(tokens).slice_columns(0, pass.config.kv_lora),
                   .weight = weights.kv_norm.get(),
                   .eps = inner_eps,
                   .out = s.latent.first_rows(tokens)});
    pass.ops.norm({.x = index_k,
                   .weight = weights.index_k_norm.get(),
                   .bias = weights.index_k_bias.get(),
                   .eps = inner_eps,
                   .out = index_k});
    const Product up[] = {{q_latent, weights.q_up.get(), s.q.first_rows(tokens)},
                          {q_latent, weights.index_q.get(), s.index_q.first_rows(tokens)}};
    pass.ops.multiply(std::span(up).first(pass.dense ? 1 : 2));
}

// Two layouts at two places: interleaved on the last dimensions of each attention head and on the shared key,
// half-split on the first dimensions of the indexer's heads and key. Confusing them shows only in what is selected.
void rotate(const Pass& pass, std::int64_t tokens) {
    const Scratch& s = pass.scratch;
    const ModelConfig& config = pass.config;
    const Dims dims(config);
    const auto rope = [&](Rows x, int x_first, int x_stride, Rows out, int out_first, int out_stride, int heads,
                          RopeLayout layout) {
        pass.ops.rope({x, x_first, x_stride, out, out_first, out_stride, heads, dims.rope, layout, s.cosines.data(),
                       s.sines.data()});
    };
    const Rows kv = s.kv.first_rows(tokens);
    rope(s.q.first_rows(tokens), dims.nope, dims.head, s.q_wide.first_rows(tokens), config.kv_lora, dims.width,
         dims.heads, RopeLayout::interleaved);
    rope(kv, config.kv_lora, 0, kv, config.kv_lora, 0, 1, RopeLayout::interleaved);
    const Rows index_q = s.index_q.first_rows(tokens);
    const Rows index_k = s.index_k.first_rows(tokens);
    if (!pass.dense) {
        rope(index_q, 0, config.index_dim, index_q, 0, config.index_dim, config.index_heads, RopeLayout::half_split);
    }
    rope(index_k, 0, 0, index_k, 0, 0, 1, RopeLayout::half_split);
}

// One product a head, in one pass: head h's columns of `x` by its own matrix into its columns of `out`.
void multiply_heads(const Pass& pass, const std::vector<Packed>& weights, Rows x, int x_stride, Rows out,
                    int out_stride) {
    std::vector<Product>& products = pass.scratch.products;
    products.clear();
    for (std::size_t h = 0; h < weights.size(); ++h) {
        const auto head = static_cast<std::int64_t>(h);
        products.push_back({x.slice_columns(head * x_stride, weights[h]->columns()), weights[h].get(),
                            out.slice_columns(head * out_stride, weights[h]->rows())});
    }
    pass.ops.multiply(products);
}

}  // namespace

void attention(const Pass& pass, const AttentionWeights& weights, int layer, std::int64_t tokens,
               std::span<const Sequence> sequences) {
    Scratch& s = pass.scratch;
    const ModelConfig& config = pass.config;
    const Dims dims(config);
    project(pass, weights, tokens);
    rotate(pass, tokens);
    multiply_heads(pass, weights.absorb_keys, s.q.first_rows(tokens), dims.head, s.q_wide.first_rows(tokens),
                   dims.width);
    pass.ops.store({.latent = s.latent.first_rows(tokens),
                    .rope_key = s.kv.first_rows(tokens).slice_columns(config.kv_lora, config.rope),
                    .index_key = s.index_k.first_rows(tokens),
                    .sequences = sequences,
                    .layer = layer});
    if (!pass.dense) {
        pass.ops.select({.q = s.index_q.first_rows(tokens),
                         .weights = s.index_w.first_rows(tokens),
                         .sequences = sequences,
                         .layer = layer,
                         .heads = config.index_heads,
                         .dim = config.index_dim,
                         .top_k = pass.top_k,
                         .scores = s.scores,
                         .selected = s.selected.data(),
                         .counts = s.counts.data()});
    }
    pass.ops.attend({.q = s.q_wide.first_rows(tokens),
                     .sequences = sequences,
                     .selected = pass.dense ? nullptr : s.selected.data(),
                     .counts = pass.dense ? nullptr : s.counts.data(),
                     .layer = layer,
                     .heads = config.heads,
                     .kv_lora = config.kv_lora,
                     .rope = config.rope,
                     .row_width = dims.width,
                     .top_k = pass.top_k,
                     .scale = pass.rope.softmax_scale(),
                     .out = s.attended.first_rows(tokens)});
    multiply_heads(pass, weights.expand_values, s.attended.first_rows(tokens), dims.width, s.values.first_rows(tokens),
                   config.v_head);
    const Product out{s.values.first_rows(tokens), weights.out.get(), s.update.first_rows(tokens)};
    pass.ops.multiply({&out, 1});
}

}  // namespace heddle::engine
