// engine/transformer/model.cpp: Hands each tensor to the back end, and names the whole by a hash on the way.
#include "engine/transformer/model.h"

#include <fmt/core.h>
#include <xxhash.h>

namespace heddle::engine {

namespace {

// The state that packing carries along: where the weights go, and the hash of all that came by.
class Packer {
 public:
    Packer(const ModelConfig& config, Ops& ops) : config_(config), ops_(ops) { XXH3_64bits_reset(hash_.get()); }

    void enter(std::string part) { part_ = std::move(part); }

    Packed vector(const char* role, const TensorView& tensor) {
        note(role, tensor);
        WeightSource source{tensor.dtype, tensor.bytes.data(), tensor.shape.elements()};
        source.rows = 1;
        return ops_.pack_vector(source);
    }
    Packed table(const char* role, const TensorView& tensor) {
        note(role, tensor);
        WeightSource source{tensor.dtype, tensor.bytes.data(), tensor.shape[1]};
        source.rows = tensor.shape[0];
        return ops_.pack_table(source);
    }
    Packed matrix(const char* role, const LinearView& linear) {
        note(role, linear);
        return ops_.pack_matrix(whole(linear));
    }
    // A head's rows of a matrix that holds two parts a head, or these rows transposed.
    Packed part_of(const LinearView& linear, std::int64_t first_row, std::int64_t rows, bool transposed) {
        WeightSource source = whole(linear);
        source.first_row = first_row;
        source.rows = rows;
        source.transposed = transposed;
        return ops_.pack_matrix(source);
    }
    void note(const char* role, const LinearView& linear) {
        note(role, linear.weight);
        if (!linear.scale_inv.empty()) note(role, linear.scale_inv);
    }
    std::string hash() const { return fmt::format("xxh3:{:016x}", XXH3_64bits_digest(hash_.get())); }

 private:
    WeightSource whole(const LinearView& linear) const {
        return {.type = linear.weight.dtype,
                .data = linear.weight.bytes.data(),
                .columns = linear.in,
                .scales = linear.scale_inv.empty() ? nullptr : linear.scale_inv.bytes.data(),
                .block_rows = config_.block_rows,
                .block_columns = config_.block_columns,
                .rows = linear.out};
    }

    void note(const char* role, const TensorView& tensor) {
        const std::string name = fmt::format("{}/{}/{}{}", part_, role, name_of(tensor.dtype), text_of(tensor.shape));
        XXH3_64bits_update(hash_.get(), name.c_str(), name.size() + 1);
        XXH3_64bits_update(hash_.get(), tensor.bytes.data(), tensor.bytes.size());
    }

    struct FreeHash {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };

    const ModelConfig& config_;
    Ops& ops_;
    std::string part_;
    std::unique_ptr<XXH3_state_t, FreeHash> hash_{XXH3_createState()};
};

AttentionWeights pack_attention(Packer& packer, const AttentionView& view, const ModelConfig& config) {
    AttentionWeights packed;
    packed.q_down = packer.matrix("q_a", view.q_a);
    packed.q_norm = packer.vector("q_a_norm", view.q_a_norm);
    packed.q_up = packer.matrix("q_b", view.q_b);
    packed.kv_down = packer.matrix("kv_a", view.kv_a);
    packed.kv_norm = packer.vector("kv_a_norm", view.kv_a_norm);
    packer.note("kv_b", view.kv_b);
    for (int head = 0; head < config.heads; ++head) {
        const std::int64_t keys = std::int64_t{head} * (config.nope + config.v_head);
        packed.absorb_keys.push_back(packer.part_of(view.kv_b, keys, config.nope, true));
        packed.expand_values.push_back(packer.part_of(view.kv_b, keys + config.nope, config.v_head, false));
    }
    packed.out = packer.matrix("o", view.o);
    packed.index_q = packer.matrix("indexer q", view.indexer.q_b);
    packed.index_k = packer.matrix("indexer k", view.indexer.k);
    packed.index_k_norm = packer.vector("indexer k_norm", view.indexer.k_norm);
    packed.index_k_bias = packer.vector("indexer k_norm bias", view.indexer.k_norm_bias);
    packed.index_weights = packer.matrix("indexer weights", view.indexer.head_weights);
    return packed;
}

MlpWeights pack_mlp(Packer& packer, const MlpView& view) {
    return {packer.matrix("gate", view.gate), packer.matrix("up", view.up), packer.matrix("down", view.down)};
}

MoeWeights pack_moe(Packer& packer, const MoeView& view) {
    MoeWeights packed;
    packed.router = packer.matrix("router", view.router);
    packed.bias = packer.vector("correction bias", view.correction_bias);
    for (const MlpView& expert : view.experts) packed.experts.push_back(pack_mlp(packer, expert));
    if (view.shared) packed.shared = pack_mlp(packer, *view.shared);
    return packed;
}

LayerWeights pack_layer(Packer& packer, const LayerView& view, const ModelConfig& config) {
    LayerWeights packed;
    packed.input_norm = packer.vector("input_norm", view.input_norm);
    packed.attention = pack_attention(packer, view.attention, config);
    packed.post_norm = packer.vector("post_attention_norm", view.post_attention_norm);
    if (view.dense) packed.dense = pack_mlp(packer, *view.dense);
    if (view.moe) packed.moe = pack_moe(packer, *view.moe);
    return packed;
}

}  // namespace

Model pack_model(const Weights& weights, const ModelConfig& config, Ops& ops, const OnRead& read) {
    Packer packer(config, ops);
    Model model;
    {
        packer.enter("the embedding and the head");
        const Outer outer = weights.read_outer(read);
        model.embedding = packer.table("embedding", outer.view.embedding);
        model.final_norm = packer.vector("norm", outer.view.norm);
        model.head = packer.matrix("head", outer.view.head);
    }
    for (int index = 0; index < config.layers; ++index) {
        packer.enter(fmt::format("layer {}", index));
        const Layer layer = weights.read_layer(index, read);
        model.layers.push_back(pack_layer(packer, layer.view, config));
    }
    model.hash = packer.hash();
    return model;
}

}  // namespace heddle::engine
