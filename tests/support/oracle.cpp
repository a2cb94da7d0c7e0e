// tests/support/oracle.cpp: The oracle's pass: latent attention with its indexer, expanded for every head.
#include "tests/support/oracle.h"

#include <algorithm>
#include <cmath>

#include "tests/support/oracle_parts.h"

namespace heddle::test {

namespace {

constexpr double inner_eps = 1e-6;  // norms inside attention, whatever rms_norm_eps says

class OracleLayer {
 public:
    OracleLayer(const OracleFile& file, const OracleRope& rope, const OracleOptions& options, int index)
        : file_(file),
          rope_(rope),
          options_(options),
          index_(index),
          name_("model.layers." + std::to_string(index) + "."),
          heads_(file.config().at("num_attention_heads")),
          nope_(file.config().at("qk_nope_head_dim")),
          rotated_(file.config().at("qk_rope_head_dim")),
          value_(file.config().at("v_head_dim")),
          latent_(file.config().at("kv_lora_rank")),
          index_heads_(file.config().at("index_n_heads")),
          index_dim_(file.config().at("index_head_dim")),
          eps_(file.config().at("rms_norm_eps")) {}

    // The token at the next position: its residual stream goes in and comes out; `selected` is what it attended to.
    Vector operator()(const Vector& x, std::vector<int>& selected) {
        const Vector normed = root_mean_square_norm(x, file_[name_ + "input_layernorm.weight"], eps_);
        const Vector between = sum_of(x, attend(normed, selected));
        const Vector again = root_mean_square_norm(between, file_[name_ + "post_attention_layernorm.weight"], eps_);
        return sum_of(between, feed_forward(file_, index_, again));
    }

 private:
    const Matrix& own(const std::string& name) const { return file_[name_ + "self_attn." + name + ".weight"]; }

    static void round_index(Vector& x) {
        x = hadamard(x);
        round_to_bytes(x);
    }

    void round_rows(Vector& latent, Vector& shared) const {
        if (options_.latents == Rounding::none) return;
        round_to_bf16(shared);
        if (options_.latents == Rounding::bf16) return round_to_bf16(latent);
        for (std::size_t first = 0; first < latent.size(); first += 128) {
            round_to_float8(latent, first, std::min(latent.size(), first + 128));
        }
    }

    void remember(const Vector& x) {
        const Vector both = own("kv_a_proj_with_mqa").times(x);
        Vector latent = root_mean_square_norm(part_of(both, 0, latent_), own("kv_a_layernorm"), inner_eps);
        Vector shared = part_of(both, latent_, rotated_);
        rope_.rotate(shared, 0, keys_.size(), options_.attention);
        round_rows(latent, shared);
        const Vector expanded = own("kv_b_proj").times(latent);
        std::vector<Vector> keys, values;
        for (std::size_t h = 0; h < heads_; ++h) {
            keys.push_back(part_of(expanded, h * (nope_ + value_), nope_));
            keys.back().insert(keys.back().end(), shared.begin(), shared.end());
            values.push_back(part_of(expanded, h * (nope_ + value_) + nope_, value_));
        }
        Vector index_key = layer_norm(own("indexer.wk").times(x), own("indexer.k_norm"),
                                      file_[name_ + "self_attn.indexer.k_norm.bias"], inner_eps);
        rope_.rotate(index_key, 0, keys_.size(), options_.indexer);
        if (options_.byte_indexer) round_index(index_key);
        keys_.push_back(std::move(keys));
        values_.push_back(std::move(values));
        index_keys_.push_back(std::move(index_key));
    }

    std::vector<int> select(const Vector& x, const Vector& compressed) const {
        const std::size_t position = keys_.size() - 1;
        const Vector all = own("indexer.wq_b").times(compressed);
        const Vector weights = own("indexer.weights_proj").times(x);
        Vector scores(position + 1, 0.0);
        for (std::size_t h = 0; h < index_heads_; ++h) {
            Vector query = part_of(all, h * index_dim_, index_dim_);
            rope_.rotate(query, 0, position, options_.indexer);
            if (options_.byte_indexer) round_index(query);
            for (std::size_t s = 0; s <= position; ++s) {
                scores[s] += weights[h] * std::max(0.0, dot(query, index_keys_[s])) /
                             std::sqrt(double(index_heads_) * double(index_dim_));
            }
        }
        const int top_k = options_.top_k > 0 ? options_.top_k : file_.config().at("index_topk").get<int>();
        return highest(scores, std::size_t(top_k));
    }

    Vector attend(const Vector& x, std::vector<int>& selected) {
        remember(x);
        const Vector compressed = root_mean_square_norm(own("q_a_proj").times(x), own("q_a_layernorm"), inner_eps);
        selected = select(x, compressed);
        const Vector queries = own("q_b_proj").times(compressed);
        Vector heard;
        for (std::size_t h = 0; h < heads_; ++h) {
            Vector query = part_of(queries, h * (nope_ + rotated_), nope_ + rotated_);
            rope_.rotate(query, nope_, keys_.size() - 1, options_.attention);
            Vector shares;
            for (const int s : selected) {
                shares.push_back(std::exp(rope_.softmax_scale() * dot(query, keys_[std::size_t(s)][h])));
            }
            double sum = 0;
            for (const double share : shares) sum += share;
            Vector out(value_, 0.0);
            for (std::size_t j = 0; j < selected.size(); ++j) {
                const Vector& value = values_[std::size_t(selected[j])][h];
                for (std::size_t d = 0; d < value_; ++d) out[d] += shares[j] / sum * value[d];
            }
            heard.insert(heard.end(), out.begin(), out.end());
        }
        return own("o_proj").times(heard);
    }

    const OracleFile& file_;
    const OracleRope& rope_;
    const OracleOptions& options_;
    int index_;
    std::string name_;
    std::size_t heads_, nope_, rotated_, value_, latent_, index_heads_, index_dim_;
    double eps_;
    std::vector<std::vector<Vector>> keys_, values_;  // [positions][heads]
    std::vector<Vector> index_keys_;                  // [positions]
};

}  // namespace

OracleAnswer ask_oracle(const std::filesystem::path& folder, std::span<const std::int32_t> tokens,
                        const OracleOptions& options) {
    const OracleFile file(folder);
    const OracleRope rope(file.config());
    const int count = file.config().at("num_hidden_layers");
    std::vector<OracleLayer> layers;
    for (int i = 0; i < count; ++i) layers.emplace_back(file, rope, options, i);
    const Matrix& embedding = file["model.embed_tokens.weight"];
    const bool tied = file.config().at("tie_word_embeddings");
    OracleAnswer answer;
    answer.selected.resize(layers.size());
    for (const std::int32_t token : tokens) {
        Vector x = embedding.row(std::size_t(token));
        for (std::size_t i = 0; i < layers.size(); ++i) x = layers[i](x, answer.selected[i].emplace_back());
        const Vector last = root_mean_square_norm(x, file["model.norm.weight"], file.config().at("rms_norm_eps"));
        answer.logits.push_back((tied ? embedding : file["lm_head.weight"]).times(last));
    }
    return answer;
}

}  // namespace heddle::test
