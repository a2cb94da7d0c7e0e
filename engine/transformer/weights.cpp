// engine/transformer/weights.cpp: The model's tensors by their published names, checked at open and read on demand.
#include "engine/transformer/weights.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "engine/error.h"
#include "engine/io/tensor_files.h"
#include "engine/tensor/device.h"
#include "engine/transformer/placement.h"

namespace heddle::engine {

namespace {

IndexerView place_indexer(Placement& place, const ModelConfig& config, const std::string& at) {
    IndexerView view;
    view.q_b = place.linear(at + "wq_b", std::int64_t{config.index_heads} * config.index_dim, config.q_lora);
    view.k = place.linear(at + "wk", config.index_dim, config.hidden);
    view.k_norm = place.tensor(at + "k_norm.weight", {config.index_dim});
    view.k_norm_bias = place.tensor(at + "k_norm.bias", {config.index_dim});
    view.head_weights = place.plain_linear(at + "weights_proj", config.index_heads, config.hidden);
    return view;
}

AttentionView place_attention(Placement& place, const ModelConfig& config, const std::string& at) {
    const std::int64_t heads = config.heads;
    AttentionView view;
    view.q_a = place.linear(at + "q_a_proj", config.q_lora, config.hidden);
    view.q_a_norm = place.tensor(at + "q_a_layernorm.weight", {config.q_lora});
    view.q_b = place.linear(at + "q_b_proj", heads * (config.nope + config.rope), config.q_lora);
    view.kv_a = place.linear(at + "kv_a_proj_with_mqa", config.kv_lora + config.rope, config.hidden);
    view.kv_a_norm = place.tensor(at + "kv_a_layernorm.weight", {config.kv_lora});
    view.kv_b = place.linear(at + "kv_b_proj", heads * (config.nope + config.v_head), config.kv_lora);
    view.o = place.linear(at + "o_proj", config.hidden, heads * config.v_head);
    view.indexer = place_indexer(place, config, at + "indexer.");
    return view;
}

MoeView place_moe(Placement& place, const ModelConfig& config, const std::string& at) {
    MoeView view;
    view.router = place.plain_linear(at + "gate", config.experts, config.hidden);
    view.correction_bias = place.tensor(at + "gate.e_score_correction_bias", {config.experts});
    for (int i = 0; i < config.experts; ++i) {
        view.experts.push_back(place.mlp(at + "experts." + std::to_string(i), config.expert_inner));
    }
    if (config.shared_experts > 0) {
        view.shared = place.mlp(at + "shared_experts", std::int64_t{config.shared_experts} * config.expert_inner);
    }
    return view;
}

LayerView place_layer(Placement& place, const ModelConfig& config, int layer) {
    const std::string at = "model.layers." + std::to_string(layer) + ".";
    LayerView view;
    view.input_norm = place.tensor(at + "input_layernorm.weight", {config.hidden});
    view.post_attention_norm = place.tensor(at + "post_attention_layernorm.weight", {config.hidden});
    view.attention = place_attention(place, config, at + "self_attn.");
    if (layer < config.dense_layers) {
        view.dense = place.mlp(at + "mlp", config.dense_inner);
    } else {
        view.moe = place_moe(place, config, at + "mlp.");
    }
    return view;
}

OuterView place_outer(Placement& place, const ModelConfig& config) {
    OuterView view;
    view.embedding = place.tensor("model.embed_tokens.weight", {config.vocab, config.hidden});
    view.norm = place.tensor("model.norm.weight", {config.hidden});
    view.head = config.tied_embeddings ? LinearView{view.embedding, {}, config.vocab, config.hidden}
                                       : place.plain_linear("lm_head", config.vocab, config.hidden);
    return view;
}

// Layers behind the last one predict further tokens (MTP); they are a part of the file that the model does without.
bool is_of_later_layer(const std::string& name, int layers) {
    constexpr std::string_view prefix = "model.layers.";
    if (!name.starts_with(prefix)) return false;
    int layer = -1;
    const char* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + prefix.size(), end, layer);
    return error == std::errc{} && stop != end && *stop == '.' && layer >= layers;
}

// What one token reads of a tensor: its share of the experts', and of an embedding that is not the head too next to
// nothing.
std::uint64_t active_bytes(const StoredTensor& tensor, const ModelConfig& config) {
    if (tensor.name == "model.embed_tokens.weight" && !config.tied_embeddings) return 0;
    if (tensor.name.find(".mlp.experts.") == std::string::npos) return tensor.bytes;
    return tensor.bytes * static_cast<std::uint64_t>(config.experts_per_token) /
           static_cast<std::uint64_t>(config.experts);
}

}  // namespace

struct Weights::State {
    TensorFiles files;
    ModelConfig config;
    Sizes sizes;
    std::vector<std::uint64_t> layer_bytes;
    std::uint64_t outer_bytes = 0;

    State(TensorFiles opened, ModelConfig of) : files(std::move(opened)), config(std::move(of)) {}

    void check_and_count();
    void count(const Placement& place, std::unordered_set<std::string>& known);
    Buffer take_memory(std::uint64_t bytes) const;
};

void Weights::State::count(const Placement& place, std::unordered_set<std::string>& known) {
    for (const auto& item : place.items()) {
        known.insert(item.entry->tensor.name);
        sizes.bytes += item.entry->tensor.bytes;
        sizes.bytes_active += active_bytes(item.entry->tensor, config);
        if (item.scale) continue;
        const auto elements = static_cast<std::uint64_t>(item.entry->tensor.shape.elements());
        sizes.parameters += elements;
        sizes.by_dtype[item.dtype] += elements;
    }
    sizes.bytes_layer_max = std::max(sizes.bytes_layer_max, place.bytes());
}

void Weights::State::check_and_count() {
    std::unordered_set<std::string> known;
    Placement outer(files, config);
    place_outer(outer, config);
    count(outer, known);
    outer_bytes = outer.bytes();
    for (int i = 0; i < config.layers; ++i) {
        Placement layer(files, config);
        place_layer(layer, config, i);
        count(layer, known);
        layer_bytes.push_back(layer.bytes());
    }
    if (config.tied_embeddings) known.insert("lm_head.weight");  // some files carry the copy
    for (const auto& [name, entry] : files.entries()) {
        if (known.contains(name) || is_of_later_layer(name, config.layers)) continue;
        throw Error(fmt::format("cannot load {}: tensor {} has no place in a {} of this config.json",
                                entry.file->path().string(), in_quotes(name), config.model_type));
    }
    const std::uint64_t expert =
        3ull * static_cast<std::uint64_t>(config.hidden) * static_cast<std::uint64_t>(config.expert_inner);
    const auto idle = static_cast<std::uint64_t>(config.layers - config.dense_layers) *
                      static_cast<std::uint64_t>(config.experts - config.experts_per_token);
    const std::uint64_t table =
        config.tied_embeddings ? 0
                               : static_cast<std::uint64_t>(config.vocab) * static_cast<std::uint64_t>(config.hidden);
    sizes.parameters_active = sizes.parameters - idle * expert - table;
    sizes.files = files.file_count();
}

Buffer Weights::State::take_memory(std::uint64_t bytes) const {
    const std::uint64_t free = available_memory();
    if (bytes > free) {
        throw Error(fmt::format("cannot load {}: the next {} MB of weights do not fit in the {} MB of free memory",
                                files.folder().string(), (bytes + 999'999) / 1'000'000, free / 1'000'000));
    }
    return Buffer(host_device(), bytes);
}

Weights::Weights(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Weights::Weights(Weights&&) noexcept = default;
Weights& Weights::operator=(Weights&&) noexcept = default;
Weights::~Weights() = default;

Weights Weights::open(const std::filesystem::path& folder, const ModelConfig& config) {
    auto state = std::make_unique<State>(TensorFiles::open(folder), config);
    state->check_and_count();
    return Weights(std::move(state));
}

Layer Weights::read_layer(int layer, const OnRead& read) const {
    ENGINE_CHECK(layer >= 0 && layer < state_->config.layers);
    Buffer memory = state_->take_memory(layer_bytes(layer));
    Placement place(state_->files, state_->config, memory.data());
    LayerView view = place_layer(place, state_->config, layer);
    read_items(place.items(), {memory.data(), memory.bytes()}, read);
    return {std::move(view), std::move(memory)};
}

Outer Weights::read_outer(const OnRead& read) const {
    Buffer memory = state_->take_memory(outer_bytes());
    Placement place(state_->files, state_->config, memory.data());
    OuterView view = place_outer(place, state_->config);
    read_items(place.items(), {memory.data(), memory.bytes()}, read);
    return {view, std::move(memory)};
}

const Weights::Sizes& Weights::sizes() const {
    return state_->sizes;
}
std::uint64_t Weights::layer_bytes(int layer) const {
    return state_->layer_bytes.at(static_cast<std::size_t>(layer));
}
std::uint64_t Weights::outer_bytes() const {
    return state_->outer_bytes;
}

}  // namespace heddle::engine
