// engine/transformer/weights.h: Tensor names to views of checked shape, read layer by layer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/tensor/buffer.h"
#include "engine/tensor/tensor.h"
#include "engine/transformer/model_config.h"

namespace heddle::engine {

// y = W x. Weights are as stored: f32, bf16, or f8_e4m3 in blocks (ModelConfig::block_rows x block_columns), where an
// element is the stored one TIMES its block's scale_inv, despite that name. Ragged blocks at the edges keep true sizes.
struct LinearView {
    TensorView weight;     // [out, in]
    TensorView scale_inv;  // f8: f32 [ceil(out / rows), ceil(in / columns)]; else empty
    int out = 0, in = 0;
};

struct MlpView {
    LinearView gate, up, down;  // down(silu(gate x) * up x)
};

struct IndexerView {
    LinearView q_b;                  // wq_b [index_heads * index_dim, q_lora]
    LinearView k;                    // wk [index_dim, hidden]
    TensorView k_norm, k_norm_bias;  // [index_dim], f32 or bf16
    LinearView head_weights;         // weights_proj [index_heads, hidden], f32 or bf16
};

struct AttentionView {
    LinearView q_a;        // [q_lora, hidden]
    TensorView q_a_norm;   // [q_lora], f32 or bf16
    LinearView q_b;        // [heads * (nope + rope), q_lora]
    LinearView kv_a;       // [kv_lora + rope, hidden]
    TensorView kv_a_norm;  // [kv_lora], f32 or bf16
    LinearView kv_b;       // [heads * (nope + v_head), kv_lora]
    LinearView o;          // [hidden, heads * v_head]
    IndexerView indexer;
};

struct MoeView {
    LinearView router;              // mlp.gate [experts, hidden], f32 or bf16
    TensorView correction_bias;     // [experts], f32 or bf16
    std::vector<MlpView> experts;   // inner size expert_inner
    std::optional<MlpView> shared;  // inner size expert_inner * shared_experts; none when that is 0
};

struct LayerView {
    TensorView input_norm, post_attention_norm;  // [hidden], f32 or bf16
    AttentionView attention;
    std::optional<MlpView> dense;  // the first dense_layers layers
    std::optional<MoeView> moe;    // the others
};

struct OuterView {
    TensorView embedding;  // [vocab, hidden], f32 or bf16
    TensorView norm;       // [hidden], f32 or bf16
    LinearView head;       // [vocab, hidden], f32 or bf16; the embedding when that is tied
};

// Views into memory that this object owns: the bytes were read, so that a file which changes later does no harm.
struct Layer {
    LayerView view;
    Buffer memory;
};

struct Outer {
    OuterView view;
    Buffer memory;
};

// Is told of each tensor that was read: its bytes, and the name of its file.
using OnRead = std::function<void(std::uint64_t bytes, const std::string& file)>;

// The tensors of a model folder. Immutable; reading is safe from several threads.
class Weights {
 public:
    // Reads the headers only, and holds every tensor's name, type and shape against the config. Tensors of layers
    // behind the last (multi-token prediction) are left aside. Throws Error: which file, which tensor, what is wrong.
    static Weights open(const std::filesystem::path& folder, const ModelConfig& config);

    // Read from disk. Memory is checked before; throws Error when it does not suffice or a file has changed or ended.
    Layer read_layer(int layer, const OnRead& read = {}) const;
    Outer read_outer(const OnRead& read = {}) const;

    struct Sizes {
        std::uint64_t bytes = 0;                  // of all tensors that the model uses
        std::uint64_t bytes_layer_max = 0;        // of the largest single read
        std::uint64_t parameters = 0;             // without scales
        std::uint64_t parameters_active = 0;      // met by one token: neither other experts nor the embedding table
        std::uint64_t bytes_active = 0;           // of these, scales included
        std::map<DType, std::uint64_t> by_dtype;  // parameters
        int files = 0;
    };
    const Sizes& sizes() const;
    std::uint64_t layer_bytes(int layer) const;  // what read_layer will read
    std::uint64_t outer_bytes() const;

    Weights(Weights&&) noexcept;
    Weights& operator=(Weights&&) noexcept;
    ~Weights();

 private:
    struct State;
    explicit Weights(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

}  // namespace heddle::engine
