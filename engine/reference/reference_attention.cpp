// engine/reference/reference_attention.cpp: The indexer, its selection, latent attention and the router, in doubles.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/reference/double_weight.h"
#include "engine/reference/reference_ops.h"

namespace heddle::engine {

namespace {

// y[i] = sum over j of (-1)^popcount(i & j) * x[j] / sqrt(n): the Hadamard matrix in Sylvester's order, by definition.
void transform(double* x, int n) {
    std::vector<double> y(static_cast<std::size_t>(n), 0.0);
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) y[std::size_t(i)] += __builtin_popcount(unsigned(i & j)) % 2 == 0 ? x[j] : -x[j];
    }
    for (int i = 0; i < n; ++i) x[i] = y[std::size_t(i)] / std::sqrt(double(n));
}

// The e4m3 number nearest to `value`, ties to the even mantissa: a step is 2^-3 of the number's power of two, and
// 2^-9 below the smallest normal one.
double nearest_e4m3(double value) {
    const double clamped = std::clamp(value, -448.0, 448.0);
    const double power = std::floor(std::log2(std::max(std::fabs(clamped), 0x1p-6)));
    const double step = std::exp2(power - 3);
    return std::nearbyint(clamped / step) * step;
}

// Rounds to e4m3 with one power-of-two scale for the whole vector, and scales back.
void quantise(double* x, int n) {
    double largest = 1e-4;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    const double scale = std::exp2(std::ceil(std::log2(largest / 448)));
    for (int i = 0; i < n; ++i) x[i] = nearest_e4m3(x[i] / scale) * scale;
}

// The bf16 number nearest to `value`, ties to the even mantissa of eight bits. In one step: by way of float a value
// just beside a tie would become one.
double nearest_bf16(double value) {
    int exponent = 0;
    const double fraction = std::frexp(value, &exponent);
    return std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8);
}

// Rounds to whole numbers from -127 to 127 with one scale for the whole vector, and scales back.
void quantise_to_bytes(double* x, int n) {
    double largest = 1e-30;
    for (int i = 0; i < n; ++i) largest = std::max(largest, std::fabs(x[i]));
    const double scale = largest / 127;
    for (int i = 0; i < n; ++i) x[i] = std::nearbyint(x[i] / scale) * scale;
}

// As the cache would keep the row: see RowFormat.
void round_row(CacheRows rows, double* latent, double* rope_key, double* end) {
    if (rows == CacheRows::fp8) {
        for (double* group = latent; group < rope_key; group += row_group) {
            quantise(group, int(std::min<std::ptrdiff_t>(row_group, rope_key - group)));
        }
    } else if (rows == CacheRows::bf16) {
        std::transform(latent, rope_key, latent, nearest_bf16);
    }
    if (rows != CacheRows::f32) std::transform(rope_key, end, rope_key, nearest_bf16);
}

double* latent_row(const CacheView& cache, int layer, std::int64_t position) {
    return reinterpret_cast<double*>(cache.latent(layer, position));
}

double* key_row(const CacheView& cache, int layer, std::int64_t position, int dim) {
    return reinterpret_cast<double*>(cache.keys(layer, position / page_tokens)) + position % page_tokens * dim;
}

// The indices of the `count` largest scores, equal scores to the lower index; ascending.
std::vector<int> best_indices(const std::vector<double>& scores, std::size_t count) {
    std::vector<int> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](int i) {  // a NaN, from damaged weights, must not break the order
        return std::isnan(scores[std::size_t(i)]) ? -INFINITY : scores[std::size_t(i)];
    };
    std::sort(order.begin(), order.end(), [&](int a, int b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
    order.resize(std::min(count, order.size()));
    std::sort(order.begin(), order.end());
    return order;
}

// The selected positions of a row, or all up to its own.
std::vector<int> attended_positions(const AttendParams& params, const Sequence& sequence, std::int64_t row) {
    if (params.selected != nullptr) {
        const int* first = params.selected + row * params.top_k;
        return {first, first + params.counts[row]};
    }
    std::vector<int> all(static_cast<std::size_t>(position_of(sequence, row) + 1));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

}  // namespace

void ReferenceOps::store(const StoreParams& params) {
    const int dim = static_cast<int>(params.index_key.columns);
    for (std::int64_t t = 0; t < params.latent.rows; ++t) {
        const Sequence& sequence = sequence_of(params.sequences, t);
        const std::int64_t position = position_of(sequence, t);
        double* row = latent_row(sequence.cache, params.layer, position);
        double* const rope_key = std::copy_n(params.latent.row<double>(t), params.latent.columns, row);
        double* const end = std::copy_n(params.rope_key.row<double>(t), params.rope_key.columns, rope_key);
        round_row(rows_, row, rope_key, end);
        double* key = key_row(sequence.cache, params.layer, position, dim);
        std::copy_n(params.index_key.row<double>(t), dim, key);
        transform(key, dim);
        if (quantised_indexer_) quantise_to_bytes(key, dim);
    }
}

void ReferenceOps::select(const SelectParams& params) {
    for (std::int64_t t = 0; t < params.q.rows; ++t) {
        double* q = params.q.row<double>(t);
        for (int h = 0; h < params.heads; ++h) {
            transform(q + h * params.dim, params.dim);
            if (quantised_indexer_) quantise_to_bytes(q + h * params.dim, params.dim);
        }
        const Sequence& sequence = sequence_of(params.sequences, t);
        std::vector<double> scores(static_cast<std::size_t>(position_of(sequence, t) + 1), 0.0);
        for (std::size_t s = 0; s < scores.size(); ++s) {
            const double* key = key_row(sequence.cache, params.layer, std::int64_t(s), params.dim);
            for (int h = 0; h < params.heads; ++h) {
                double dot = 0;
                for (int d = 0; d < params.dim; ++d) dot += q[h * params.dim + d] * key[d];
                scores[s] += params.weights.row<double>(t)[h] * std::max(dot, 0.0) /
                             std::sqrt(double(params.heads) * double(params.dim));
            }
        }
        const std::vector<int> best = best_indices(scores, static_cast<std::size_t>(params.top_k));
        std::copy(best.begin(), best.end(), params.selected + t * params.top_k);
        params.counts[t] = static_cast<int>(best.size());
    }
}

void ReferenceOps::attend(const AttendParams& params) {
    for (std::int64_t t = 0; t < params.q.rows; ++t) {
        const Sequence& sequence = sequence_of(params.sequences, t);
        const std::vector<int> selected = attended_positions(params, sequence, t);
        const std::size_t count = selected.size();
        for (int h = 0; h < params.heads; ++h) {
            const double* q = params.q.row<double>(t) + h * params.row_width;
            std::vector<double> scores(count, 0.0);
            for (std::size_t j = 0; j < count; ++j) {
                const double* row = latent_row(sequence.cache, params.layer, selected[j]);
                for (int d = 0; d < params.kv_lora + params.rope; ++d) scores[j] += q[d] * row[d];
                scores[j] *= params.scale;
            }
            const double highest = *std::max_element(scores.begin(), scores.end());
            double sum = 0;
            for (double& score : scores) sum += score = std::exp(score - highest);
            double* out = params.out.row<double>(t) + h * params.row_width;
            std::fill_n(out, params.kv_lora, 0.0);
            for (std::size_t j = 0; j < count; ++j) {
                const double* row = latent_row(sequence.cache, params.layer, selected[j]);
                for (int d = 0; d < params.kv_lora; ++d) out[d] += scores[j] / sum * row[d];
            }
        }
    }
}

void ReferenceOps::route(const RouteParams& params) {
    const auto in_group = static_cast<std::size_t>(params.experts / params.groups);
    for (std::int64_t t = 0; t < params.logits.rows; ++t) {
        std::vector<double> scores, choice;  // the bias takes part in choosing only
        for (int e = 0; e < params.experts; ++e) {
            scores.push_back(1 / (1 + std::exp(-params.logits.row<double>(t)[e])));
            choice.push_back(scores.back() + at(*params.bias, 0, e));
        }
        std::vector<double> group_scores;  // the sum of the two best of the group
        for (std::size_t first = 0; first < choice.size(); first += in_group) {
            std::vector<double> group(choice.begin() + std::ptrdiff_t(first),
                                      choice.begin() + std::ptrdiff_t(first + in_group));
            std::sort(group.rbegin(), group.rend());
            group_scores.push_back(group[0] + (in_group > 1 ? group[1] : 0));
        }
        const std::vector<int> groups = best_indices(group_scores, std::size_t(params.groups_kept));
        for (std::size_t e = 0; e < choice.size(); ++e) {
            if (std::find(groups.begin(), groups.end(), int(e / in_group)) == groups.end()) choice[e] = -INFINITY;
        }
        const std::vector<int> best = best_indices(choice, std::size_t(params.per_token));
        std::copy(best.begin(), best.end(), params.chosen + t * params.per_token);
        double sum = 1e-20;
        for (const int e : best) sum += scores[std::size_t(e)];
        double* weights = params.weights.row<double>(t);
        for (const int e : best) *weights++ = scores[std::size_t(e)] / (params.normalise ? sum : 1) * params.scale;
    }
}

}  // namespace heddle::engine
