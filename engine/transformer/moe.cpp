// engine/transformer/moe.cpp: Feed-forward: one dense block, or a router, the experts it chose and the shared one.
#include <algorithm>

#include "engine/transformer/forward.h"

namespace heddle::engine {

namespace {

// Sorts the tokens' choices by expert, so that each expert multiplies its tokens in one go.
void group_by_expert(Scratch& s, std::int64_t tokens, int per_token) {
    const auto count = static_cast<std::size_t>(tokens * per_token);
    std::fill(s.first_slot.begin(), s.first_slot.end(), 0);
    for (std::size_t i = 0; i < count; ++i) ++s.first_slot[static_cast<std::size_t>(s.chosen[i]) + 1];
    for (std::size_t e = 1; e < s.first_slot.size(); ++e) s.first_slot[e] += s.first_slot[e - 1];
    for (std::size_t i = 0; i < count; ++i) {
        const int slot = s.first_slot[static_cast<std::size_t>(s.chosen[i])]++;
        s.slots[i] = slot;
        s.token_of_slot[static_cast<std::size_t>(slot)] = static_cast<int>(i / static_cast<std::size_t>(per_token));
    }
    // Filling moved each start to the next expert's start.
    for (std::size_t e = s.first_slot.size() - 1; e > 0; --e) s.first_slot[e] = s.first_slot[e - 1];
    s.first_slot[0] = 0;
}

Rows rows_of_expert(const Scratch& s, Rows all, std::size_t expert) {
    return all.slice_rows(s.first_slot[expert], s.first_slot[expert + 1] - s.first_slot[expert]);
}

}  // namespace

void dense_mlp(const Pass& pass, const MlpWeights& weights, std::int64_t tokens) {
    const Scratch& s = pass.scratch;
    const Rows gate = s.gate.first_rows(tokens).slice_columns(0, weights.gate->rows());
    const Rows up = s.up.first_rows(tokens).slice_columns(0, weights.up->rows());
    const Product widen[] = {{s.normed.first_rows(tokens), weights.gate.get(), gate},
                             {s.normed.first_rows(tokens), weights.up.get(), up}};
    pass.ops.multiply(widen);
    pass.ops.gate({gate, up, gate});
    const Product narrow{gate, weights.down.get(), s.update.first_rows(tokens)};
    pass.ops.multiply({&narrow, 1});
    pass.ops.add(s.x.first_rows(tokens), s.update.first_rows(tokens));
}

void mixture_of_experts(const Pass& pass, const MoeWeights& weights, std::int64_t tokens) {
    Scratch& s = pass.scratch;
    const ModelConfig& config = pass.config;
    const Rows normed = s.normed.first_rows(tokens);
    const Product router{normed, weights.router.get(), s.router.first_rows(tokens)};
    pass.ops.multiply({&router, 1});
    pass.ops.route({.logits = s.router.first_rows(tokens),
                    .bias = weights.bias.get(),
                    .experts = config.experts,
                    .per_token = config.experts_per_token,
                    .groups = config.groups,
                    .groups_kept = config.groups_kept,
                    .normalise = config.normalise_experts,
                    .scale = config.routed_scale,
                    .chosen = s.chosen.data(),
                    .weights = s.expert_weights.first_rows(tokens)});
    group_by_expert(s, tokens, config.experts_per_token);
    const std::int64_t assignments = tokens * config.experts_per_token;
    const Rows expert_gate = s.expert_gate.first_rows(assignments);
    pass.ops.gather(normed, s.token_of_slot.data(), s.expert_x.first_rows(assignments));

    const bool has_shared = weights.shared.gate != nullptr;
    Rows gate, up;
    s.products.clear();
    for (std::size_t e = 0; e < weights.experts.size(); ++e) {
        if (s.first_slot[e] == s.first_slot[e + 1]) continue;
        const Rows x = rows_of_expert(s, s.expert_x, e);
        s.products.push_back({x, weights.experts[e].gate.get(), rows_of_expert(s, s.expert_gate, e)});
        s.products.push_back({x, weights.experts[e].up.get(), rows_of_expert(s, s.expert_up, e)});
    }
    if (has_shared) {
        gate = s.gate.first_rows(tokens).slice_columns(0, weights.shared.gate->rows());
        up = s.up.first_rows(tokens).slice_columns(0, weights.shared.up->rows());
        s.products.push_back({normed, weights.shared.gate.get(), gate});
        s.products.push_back({normed, weights.shared.up.get(), up});
    }
    pass.ops.multiply(s.products);
    pass.ops.gate({expert_gate, s.expert_up.first_rows(assignments), expert_gate});
    if (has_shared) pass.ops.gate({gate, up, gate});

    const Rows shared_out = has_shared ? s.update.first_rows(tokens) : Rows{};
    s.products.clear();
    for (std::size_t e = 0; e < weights.experts.size(); ++e) {
        if (s.first_slot[e] == s.first_slot[e + 1]) continue;
        s.products.push_back(
            {rows_of_expert(s, s.expert_gate, e), weights.experts[e].down.get(), rows_of_expert(s, s.expert_out, e)});
    }
    if (has_shared) s.products.push_back({gate, weights.shared.down.get(), shared_out});
    pass.ops.multiply(s.products);
    pass.ops.combine({.experts = s.expert_out.first_rows(assignments),
                      .slots = s.slots.data(),
                      .weights = s.expert_weights.first_rows(tokens),
                      .per_token = config.experts_per_token,
                      .shared = shared_out,
                      .x = s.x.first_rows(tokens)});
}

}  // namespace heddle::engine
