// engine/cpu/cpu_route.cpp: Chooses each token's experts: groups first, then the best in the groups that were kept.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/cpu/cpu_ops.h"
#include "engine/cpu/packed_weight.h"

namespace heddle::engine {

namespace {

// Takes the index of the largest value out of the running: the first among equals. A NaN is never larger.
int take_best(std::vector<float>& values) {
    int best = -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] > (best < 0 ? -INFINITY : values[static_cast<std::size_t>(best)])) best = static_cast<int>(i);
    }
    if (best >= 0) values[static_cast<std::size_t>(best)] = -INFINITY;
    return best;
}

// The sum of the two largest of a group, as the vendor ranks groups.
float rank_of(const float* group, int size) {
    float best = -INFINITY, second = -INFINITY;
    for (int i = 0; i < size; ++i) {
        if (group[i] > best) {
            second = best;
            best = group[i];
        } else if (group[i] > second) {
            second = group[i];
        }
    }
    return size > 1 ? best + second : best;
}

struct Room {
    std::vector<float> scores, choice, groups, open;
};

// Leaves only the experts of the best groups in the running.
void keep_groups(Room& room, const RouteParams& params) {
    const int size = params.experts / params.groups;
    room.groups.clear();
    for (int g = 0; g < params.groups; ++g) room.groups.push_back(rank_of(room.choice.data() + g * size, size));
    room.open.assign(room.choice.size(), -INFINITY);
    for (int kept = 0; kept < params.groups_kept; ++kept) {
        const int group = take_best(room.groups);
        if (group < 0) break;
        std::copy_n(room.choice.begin() + group * size, size, room.open.begin() + group * size);
    }
    room.choice.swap(room.open);
}

}  // namespace

void CpuOps::route(const RouteParams& params) {
    const float* bias = static_cast<const VectorWeight*>(params.bias)->data();
    each_row(params.logits.rows, std::int64_t{params.experts} * (params.per_token + 16), [&](std::int64_t t) {
        thread_local Room room;
        const auto experts = static_cast<std::size_t>(params.experts);
        room.scores.resize(experts);
        room.choice.resize(experts);
        for (std::size_t e = 0; e < experts; ++e) {
            room.scores[e] = 1 / (1 + std::exp(-params.logits.row<float>(t)[e]));
            room.choice[e] = room.scores[e] + bias[e];
        }
        if (params.groups > 1) keep_groups(room, params);
        int* chosen = params.chosen + t * params.per_token;
        for (int k = 0; k < params.per_token; ++k) chosen[k] = std::max(take_best(room.choice), 0);
        std::sort(chosen, chosen + params.per_token);
        float sum = 1e-20f;
        for (int k = 0; k < params.per_token; ++k) sum += room.scores[static_cast<std::size_t>(chosen[k])];
        for (int k = 0; k < params.per_token; ++k) {
            const float score = room.scores[static_cast<std::size_t>(chosen[k])];
            params.weights.row<float>(t)[k] =
                (params.normalise ? score / sum : score) * static_cast<float>(params.scale);
        }
    });
}

}  // namespace heddle::engine
