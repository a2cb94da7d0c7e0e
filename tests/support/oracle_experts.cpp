// tests/support/oracle_experts.cpp: The oracle's feed-forward half: one dense block, or a router and its experts.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/support/oracle_parts.h"

namespace heddle::test {

namespace {

// down(silu(gate x) * up x)
Vector block(const OracleFile& file, const std::string& name, const Vector& x) {
    Vector inner = file[name + ".gate_proj.weight"].times(x);
    const Vector up = file[name + ".up_proj.weight"].times(x);
    for (std::size_t i = 0; i < inner.size(); ++i) inner[i] *= up[i] / (1 + std::exp(-inner[i]));
    return file[name + ".down_proj.weight"].times(inner);
}

// The bias helps to choose and does not weigh; a group is as good as its two best experts.
std::vector<int> choose(const nlohmann::json& config, Vector biased) {
    const std::size_t groups = config.at("n_group"), size = biased.size() / groups;
    Vector of_group;
    for (std::size_t g = 0; g < groups; ++g) {
        Vector members = part_of(biased, g * size, size);
        std::sort(members.begin(), members.end(), std::greater<>());
        of_group.push_back(members[0] + (size > 1 ? members[1] : 0));
    }
    const auto kept = highest(of_group, config.at("topk_group"));
    for (std::size_t e = 0; e < biased.size(); ++e) {
        if (std::find(kept.begin(), kept.end(), int(e / size)) == kept.end()) biased[e] = -INFINITY;
    }
    return highest(biased, config.at("num_experts_per_tok"));
}

}  // namespace

Vector feed_forward(const OracleFile& file, int index, const Vector& x) {
    const nlohmann::json& config = file.config();
    const std::string name = "model.layers." + std::to_string(index) + ".mlp";
    if (index < config.at("first_k_dense_replace").get<int>()) return block(file, name, x);
    Vector scores = file[name + ".gate.weight"].times(x);
    for (double& score : scores) score = 1 / (1 + std::exp(-score));
    const auto chosen = choose(config, sum_of(scores, file[name + ".gate.e_score_correction_bias"].values));
    double sum = 0;
    for (const int expert : chosen) sum += scores[std::size_t(expert)];
    Vector out(x.size(), 0.0);
    for (const int expert : chosen) {
        const double share = scores[std::size_t(expert)] / (config.at("norm_topk_prob").get<bool>() ? sum : 1);
        const Vector said = block(file, name + ".experts." + std::to_string(expert), x);
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] += share * config.at("routed_scaling_factor").get<double>() * said[i];
        }
    }
    return config.at("n_shared_experts").get<int>() > 0 ? sum_of(out, block(file, name + ".shared_experts", x)) : out;
}

}  // namespace heddle::test
